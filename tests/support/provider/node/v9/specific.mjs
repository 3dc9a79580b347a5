// What only oidc-provider 9 knows, or calls otherwise.

import { randomBytes } from 'node:crypto';

import { ALGORITHMS, AUTH_METHODS } from '../genauth.mjs';

const KEY_MANAGEMENT_ALGORITHMS = [
  'RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW',
  'A128KW', 'A192KW', 'A256KW', 'dir',
];

const CONTENT_ALGORITHMS = [
  'A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512',
];

export function build(Provider, issuer, shared, options) {
  const provider = new Provider(issuer, {
    ...shared,
    clientAuthMethods: [
      ...AUTH_METHODS,
      'private_key_jwt', 'client_secret_jwt', 'tls_client_auth', 'self_signed_tls_client_auth',
    ],
    enabledJWA: {
      idTokenSigningAlgValues: ALGORITHMS,
      userinfoSigningAlgValues: ALGORITHMS,
      introspectionSigningAlgValues: ALGORITHMS,
      idTokenEncryptionAlgValues: KEY_MANAGEMENT_ALGORITHMS,
      userinfoEncryptionAlgValues: KEY_MANAGEMENT_ALGORITHMS,
      introspectionEncryptionAlgValues: KEY_MANAGEMENT_ALGORITHMS,
      idTokenEncryptionEncValues: CONTENT_ALGORITHMS,
      userinfoEncryptionEncValues: CONTENT_ALGORITHMS,
      introspectionEncryptionEncValues: CONTENT_ALGORITHMS,
      authorizationSigningAlgValues: ALGORITHMS,
      requestObjectSigningAlgValues: ALGORITHMS,
    },
    pkce: { required: () => options.fapi },
    // The dispatcher refuses loopback addresses, where the tests' back-channel logout listens.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    features: {
      ...shared.features,
      encryption: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        tlsClientAuth: true,
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
        certificateAuthorized: (ctx) => ctx.socket.authorized,
        certificateSubjectMatches: (ctx, property, expected) => (
          property === 'tls_client_auth_subject_dn'
          && ctx.socket.getPeerX509Certificate().subject === expected
        ),
      },
      // For clients with dpop_bound_access_tokens, and for others that show a proof.
      dPoP: {
        enabled: true,
        nonceSecret: randomBytes(32),
        requireNonce: () => options.dpopNonces,
      },
      // Answers are signed for a client that is set so and asks for it (RFC 9701).
      jwtIntrospection: { enabled: true },
      // JARM, RFC 9126 and RFC 9101; a client's metadata say which of them it has to use.
      jwtResponseModes: { enabled: true },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: options.fapi,
      },
      // The Security Profile: it checks assertions, times and requests more strictly.
      fapi: { enabled: options.fapi, profile: '2.0' },
      requestObjects: { enabled: true },
      // 9 writes a JWT access token (typ at+jwt) only for a resource that was asked for (RFC 8707).
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: 'openid profile email phone address reports:read',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  return { provider, listener: provider.callback() };
}
