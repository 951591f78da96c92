// Certificates for TLS: an authority, created in each process, issues one for any host name.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface Authority {
  /** The certificate of the authority, which clients must trust. */
  readonly certificate: string
  /** Returns the certificate and the key of a host, the same at each call. */
  issue(host: string): { readonly cert: string; readonly key: string }
}

const commonName = Buffer.from('550403', 'hex')
const subjectAltName = Buffer.from('551d11', 'hex')
const basicConstraints = Buffer.from('551d13', 'hex')
const ecdsaWithSha256 = Buffer.from('2a8648ce3d040302', 'hex')

const dayMs = 86_400_000

export function createAuthority(): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const algorithm = sequence(objectId(ecdsaWithSha256))
  const authority = name('everbearer test authority')
  const issued = new Map<string, { readonly cert: string; readonly key: string }>()

  // X.509 v3 (RFC 5280 §4.1), reduced to the fields that a peer checks.
  function certify(subject: Buffer, extension: Buffer): string {
    const now = Date.now()
    const toBeSigned = sequence(
      der(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      algorithm,
      authority,
      sequence(utcTime(now - dayMs), utcTime(now + dayMs)),
      subject,
      publicKeyInfo,
      der(0xa3, sequence(extension))
    )
    const signature = sign('sha256', toBeSigned, privateKey)
    const bytes = sequence(toBeSigned, algorithm, der(0x03, Buffer.from([0]), signature))
    return `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`
  }

  const isAuthority = sequence(der(0x01, Buffer.from([0xff])))
  return {
    certificate: certify(authority, extend(basicConstraints, isAuthority)),
    issue(host) {
      const known = issued.get(host)
      if (known !== undefined) return known
      const cert = certify(
        name('everbearer test'),
        extend(subjectAltName, sequence(generalName(host)))
      )
      issued.set(host, { cert, key })
      return { cert, key }
    }
  }
}

function generalName(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return der(0x87, Buffer.from(host.split('.').map(Number)))
    case 6:
      // Tests use only `::1`.
      return der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]))
    default:
      return der(0x82, Buffer.from(host, 'ascii'))
  }
}

function name(text: string): Buffer {
  return sequence(der(0x31, sequence(objectId(commonName), der(0x0c, Buffer.from(text)))))
}

function extend(id: Buffer, value: Buffer): Buffer {
  return sequence(objectId(id), der(0x04, value))
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes)
}

function objectId(bytes: Buffer): Buffer {
  return der(0x06, bytes)
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts)
}

/** Tag, length, value (X.690 §8.1). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  const digits = value.length.toString(16)
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const head =
    value.length < 128 ? length : Buffer.concat([Buffer.from([0x80 | length.length]), length])
  return Buffer.concat([Buffer.from([tag]), head, value])
}
