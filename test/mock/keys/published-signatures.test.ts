// Published signatures: the examples of the RFCs and the Wycheproof vectors.
import { describe, expect, it } from 'vitest'
import {
  otherwise,
  present,
  readVectors,
  tableOf,
  type Vector,
  vectorFiles
} from './wycheproof-vectors.ts'

describe('the signed example of', () => {
  const payload =
    'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
  const examples = [
    [
      'RFC 7515 A.1',
      {
        kty: 'oct',
        k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'
      },
      `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`
    ],
    [
      'RFC 7515 A.3',
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'
      },
      `eyJhbGciOiJFUzI1NiJ9.${payload}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`
    ],
    [
      'RFC 8037 A.4',
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'
    ]
  ] as const

  it.each(examples)('%s verifies, and fails with one bit changed', async (...row) => {
    const [, jwk, token] = row
    // The examples have no kid.
    expect(await present({ keys: [jwk], token }, 'try-keys')).toMatchObject({
      kind: 'signature right'
    })
    const [header, body, signature = ''] = token.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
    const changed = `${header}.${body}.${bytes.toString('base64url')}`
    expect(await present({ keys: [jwk], token: changed }, 'try-keys')).toEqual({
      kind: 'token refused',
      why: 'bad_signature'
    })
  })
})

for (const file of vectorFiles) {
  const vectors = readVectors(file)
  if (vectors === undefined) {
    console.warn(
      `The vectors of ${file} (C2SP/wycheproof) are missing, so their tests are skipped.`
    )
    continue
  }
  const nameOf = ({ tcId, group, comment }: Vector) => `${tcId} (${group}, ${comment})`

  describe(file, () => {
    const known = otherwise[file]
    it.each(vectors.map((vector) => [nameOf(vector), vector] as const))('%s', async (_, vector) => {
      const isRight = (await present(vector)).kind === 'signature right'
      const isExpected = vector.tcId in known ? !vector.isValid : vector.isValid
      expect(isRight).toBe(isExpected)
    })

    it('matches the results in the table wycheproof/*.md', async () => {
      const results = await Promise.all(
        vectors.map(async (vector) => ({ vector, fate: await present(vector) }))
      )
      const table = tableOf(file, results)
      await expect(table).toMatchFileSnapshot(`./wycheproof/${file.replace('.json', '.md')}`)
    })
  })
}
