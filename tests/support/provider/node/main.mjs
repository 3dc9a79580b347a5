// Runs npm's oidc-provider, set up as GenAuth, on a free loopback port.
//
//     node main.mjs 9 FOLDER '{"clients": [...], "people": {...}, "rotateRefreshToken": true}'
//
// FOLDER is where npm installed the package.json of that major version. When it listens, it prints
// one line of JSON. It ends when its standard input closes, so that it never outlives its parent.

import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { genauth } from './genauth.mjs';

const [major, folder, text] = process.argv.slice(2);
const options = JSON.parse(text);

// Standard output is for the one line; the library prints its notices there.
console.info = console.warn;

const entry = join(folder, 'node_modules', 'oidc-provider', 'lib', 'index.js');
const { default: library } = await import(pathToFileURL(entry));
const { build } = await import(`./v${major}/specific.mjs`);

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const { provider, listener } = build(library, `${baseUrl}/oidc`, genauth(options));
  provider.on('server_error', (_ctx, error) => console.error(error));
  server.on('request', (request, response) => {
    // Without the query and the credentials, which are secret.
    const [path] = request.url.split('?', 1);
    const [scheme] = (request.headers.authorization ?? '').split(' ', 1);
    console.error(`${request.method} ${path} ${scheme}`.trimEnd());
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

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
