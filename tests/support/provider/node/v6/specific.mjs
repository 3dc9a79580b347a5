// What only oidc-provider 6 knows, or calls otherwise.

import { ALGORITHMS, AUTH_METHODS } from '../genauth.mjs';

export function build({ Provider }, issuer, shared) {
  const provider = new Provider(issuer, {
    ...shared,
    // GenAuth's access tokens: RS256, typ JWT, for the app itself.
    formats: {
      AccessToken: 'jwt',
      ClientCredentials: 'jwt',
      jwtAccessTokenSigningAlg: () => 'RS256',
    },
    audiences: (_ctx, _sub, token) => [token.clientId],
    pkce: { methods: ['S256', 'plain'], required: () => false },
    tokenEndpointAuthMethods: AUTH_METHODS,
    introspectionEndpointAuthMethods: AUTH_METHODS,
    revocationEndpointAuthMethods: AUTH_METHODS,
    whitelistedJWA: {
      idTokenSigningAlgValues: ALGORITHMS,
      userinfoSigningAlgValues: ALGORITHMS,
      // 6 makes HMAC keys of a client's secret for the algorithms of request objects alone.
      requestObjectSigningAlgValues: ALGORITHMS,
    },
  });
  return { provider, listener: provider.callback };
}
