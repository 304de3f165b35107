// A real Bluesky PDS on loopback, with a directory of identities in memory.
// Prints one line of JSON with its address and a fresh account, then serves.
import { createRequire } from 'node:module'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'package.json'))
const plc = require('@did-plc/server')
const pds = await import(require.resolve('@atproto/pds'))

const directory = plc.PlcServer.create({ db: plc.Database.mock(), port: 0 })
await directory.start()
const plcUrl = `http://localhost:${directory.server.address().port}`
const folder = mkdtempSync(join(tmpdir(), 'pds-'))
const port = Number(process.argv[2])
const key = '01'.repeat(32)
const env = {
  devMode: true,
  port,
  hostname: 'localhost',
  serviceHandleDomains: ['.test'],
  didPlcUrl: plcUrl,
  dataDirectory: folder,
  blobstoreDiskLocation: join(folder, 'blobs'),
  jwtSecret: 'on loopback only',
  adminPassword: 'on loopback only',
  plcRotationKeyK256PrivateKeyHex: key,
  inviteRequired: false,
  recoveryDidKey: null,
  bskyAppViewUrl: 'https://appview.invalid',
  bskyAppViewDid: 'did:example:invalid',
}
const server = await pds.PDS.create(pds.envToCfg(env), pds.envToSecrets(env))
await server.start()
const url = `http://localhost:${port}`
const xrpc = async (method, body, token) => {
  const headers = { 'content-type': 'application/json' }
  if (token) headers.authorization = `Bearer ${token}`
  const options = { method: 'POST', headers, body: JSON.stringify(body) }
  return (await fetch(`${url}/xrpc/com.atproto.server.${method}`, options)).json()
}
const account = { handle: 'ferry.test', email: 'ferry@example.org', password: 'first' }
const made = await xrpc('createAccount', account)
const app = await xrpc('createAppPassword', { name: 'publisher' }, made.accessJwt)
console.log(JSON.stringify({ url, handle: account.handle, password: app.password }))
