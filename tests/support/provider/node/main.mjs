// Runs npm's oidc-provider, set up as GenAuth, on a free loopback port.
//
//     node main.mjs 9 FOLDER '{"clients": [...], "people": {...}, "rotateRefreshToken": true}'
//
// FOLDER is where npm installed the package.json of that major version. When it listens, it prints
// one line of JSON, and another one for each command that it reads from its standard input (see
// `commands`). It ends when its standard input closes, so that it never outlives its parent.

import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

import { genauth } from './genauth.mjs';

const [major, folder, text] = process.argv.slice(2);
const options = JSON.parse(text);

// Standard output is for the one line; the library prints its notices there.
console.info = console.warn;

const entry = join(folder, 'node_modules', 'oidc-provider', 'lib', 'index.js');
const { default: library } = await import(pathToFileURL(entry));
const { build } = await import(`./v${major}/specific.mjs`);

const refreshTokens = [];
let answers = 'all';
const commands = {
  refresh_tokens: () => refreshTokens,
  // 'none' cuts a request off before it is read; 'lost' does what it asks for, and cuts it off then.
  answer_all: () => { answers = 'all'; return answers; },
  answer_none: () => { answers = 'none'; return answers; },
  lose_answers: () => { answers = 'lost'; return answers; },
};

// With `tls` it asks clients for a certificate, and lets those in that have none.
const { tls } = options;
const server = tls
  ? createTlsServer({
    ...Object.fromEntries(Object.entries(tls).map(([name, path]) => [name, readFileSync(path)])),
    requestCert: true,
    rejectUnauthorized: false,
  })
  : createServer();
server.listen(0, '127.0.0.1', () => {
  const baseUrl = `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
  const { provider, listener } = build(
    library, `${baseUrl}/oidc`, genauth(options), options,
  );
  provider.on('server_error', (_ctx, error) => console.error(error));
  // The text of an opaque token is its jti; one that is used up is saved once more.
  provider.on('refresh_token.saved', ({ jti }) => {
    if (!refreshTokens.includes(jti)) refreshTokens.push(jti);
  });
  server.on('request', (request, response) => {
    // Without the query and the credentials, which are secret.
    const [path] = request.url.split('?', 1);
    const [scheme] = (request.headers.authorization ?? '').split(' ', 1);
    console.error(`${request.method} ${path} ${scheme}`.trimEnd());
    if (answers === 'none') {
      request.socket.destroy();
      return;
    }
    if (answers === 'lost') {
      response.end = () => request.socket.destroy();
    }
    if (!request.url.startsWith('/oidc/')) {
      response.writeHead(404).end();
      return;
    }
    // What a mounting framework does: the library reads its prefix off the difference.
    request.originalUrl = request.url;
    request.url = request.url.slice('/oidc'.length);
    listener(request, response);
  });
  console.log(JSON.stringify({ base_url: baseUrl, issuer: `${baseUrl}/oidc` }));
});

createInterface({ input: process.stdin })
  .on('line', (command) => console.log(JSON.stringify(commands[command]())))
  .on('close', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
