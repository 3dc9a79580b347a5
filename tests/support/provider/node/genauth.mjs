// What makes an oidc-provider of either version look like GenAuth: paths, scopes, claims, keys.
// What only one version knows, or calls otherwise, stands in v6/specific.mjs and v9/specific.mjs.

import { generateKeyPairSync, randomBytes } from 'node:crypto';

// By scope, as GenAuth's console lists them.
const CLAIMS = {
  openid: ['sub'],
  profile: [
    'birthdate', 'family_name', 'gender', 'given_name', 'locale', 'middle_name', 'name', 'nickname',
    'picture', 'preferred_username', 'profile', 'updated_at', 'website', 'zoneinfo',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  username: ['username'],
  roles: ['roles'],
  external_id: ['external_id'],
  extended_fields: ['extended_fields'],
  tenant_id: ['tenant_id'],
  unionid: ['unionid'],
};

// GenAuth leaves no claim out: what it does not know is null.
const UNKNOWN = Object.fromEntries(Object.values(CLAIMS).flat().map((name) => [name, null]));

const RESPONSE_TYPES = [
  'code', 'code id_token', 'code token', 'code id_token token', 'id_token', 'id_token token', 'none',
];

export const ALGORITHMS = [
  'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
  'ES256', 'ES384', 'ES512', 'EdDSA',
];

export const AUTH_METHODS = ['client_secret_post', 'client_secret_basic', 'none'];

export function genauth({ clients, people, rotateRefreshToken }) {
  return {
    clients,
    rotateRefreshToken,
    claims: CLAIMS,
    scopes: ['openid', 'offline_access'],
    // GenAuth's ID tokens carry the claims themselves, not only those that were asked for by name.
    conformIdTokenClaims: false,
    responseTypes: RESPONSE_TYPES,
    jwks: {
      keys: [
        key('rsa', { modulusLength: 2048 }),
        key('ec', { namedCurve: 'P-256' }),
        key('ec', { namedCurve: 'P-384' }),
        key('ec', { namedCurve: 'P-521' }),
        key('ed25519'),
      ],
    },
    routes: { jwks: '/.well-known/jwks.json' },
    cookies: {
      keys: [randomBytes(16).toString('hex')],
      // Plain http: a SameSite=None cookie would have to be Secure, and would not come back.
      long: { signed: true, sameSite: 'lax' },
      short: { signed: true, sameSite: 'lax' },
    },
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      // The library's own login and consent pages; they ask for a login name and let anybody in.
      devInteractions: { enabled: true },
      introspection: { enabled: true },
      jwtUserinfo: { enabled: true },
      revocation: { enabled: true },
    },
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({ ...UNKNOWN, ...people[sub], sub }),
    }),
  };
}

function key(kind, options) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig' };
}
