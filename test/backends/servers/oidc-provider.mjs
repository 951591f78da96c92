// oidc-provider: OAuth 2 with a public client, rotating refresh tokens and RFC 7009 revocation.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const account = { id: 'user-7', email: 'ann@example.com', password: 'correct-Horse-1' }

const server = createServer()
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'spa',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example.com/callback']
    }
  ],
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  claims: { openid: ['sub'], email: ['email'] },
  conformIdTokenClaims: false,
  clockTolerance: 0,
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: account.email })
  }),
  issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
  loadExistingGrant,
  ttl: {
    AccessToken: 6,
    Grant: 3600,
    IdToken: 60,
    Interaction: 60,
    RefreshToken: 3600,
    Session: 3600
  }
})

/** The app and the provider belong to the same company, so there is no consent page. */
async function loadExistingGrant({ oidc }) {
  const { clientId } = oidc.client
  const id = oidc.session.grantIdFor(clientId)
  const existing = id === undefined ? undefined : await provider.Grant.find(id)
  if (existing !== undefined) return existing
  const grant = new provider.Grant({ clientId, accountId: oidc.session.accountId })
  grant.addOIDCScope('openid email')
  await grant.save()
  return grant
}

const answer = provider.callback()
server.on('request', (request, response) => {
  if (request.url.startsWith('/interaction/')) return signIn(request, response)
  return answer(request, response)
})

/** The sign-in page: POST with the form fields `email` and `password`. */
async function signIn(request, response) {
  let form = ''
  for await (const chunk of request) form += chunk
  const { email, password } = Object.fromEntries(new URLSearchParams(form))
  if (email !== account.email || password !== account.password) {
    response.writeHead(401, { 'Content-Type': 'text/html' }).end('<p>Wrong email or password</p>')
    return
  }
  await provider.interactionFinished(request, response, { login: { accountId: account.id } })
}

process.stdout.write(`${issuer}\n`)
process.stdin.resume().on('end', () => process.exit())
