// Request shape: reads the fields of an auth request, and refuses one without the contract's
// constants.

import type { ResolvedEndpoint } from '../../contract/resolved-contract.ts'
import { type RefusedBody, readBodyText, readJsonBody } from '../http/body.ts'
import {
  type Decision,
  decision,
  headerValues,
  refusal,
  type WireRequest
} from '../http/message.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface RequestShape {
  /** The media type that a request must have. `undefined`: it has no body. */
  readonly mediaType: string | undefined
  /** The number of constants that a request must have. */
  readonly constants: number
  /** @param isExact whether the fields that `login()` may override must have their constants */
  read(request: WireRequest, isExact?: boolean): Promise<ReadRequest>
}

type ReadRequest =
  | { readonly kind: 'fields'; readonly fields: Fields }
  | { readonly kind: 'refused'; readonly decision: Decision }

const mediaTypes = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  none: undefined
} as const

interface ShapeOptions {
  /** The query that the contract requires. */
  readonly query?: string | undefined
  /** Whether the app may override constant fields, as with `login()`. */
  readonly isOverridable: boolean
}

export function createRequestShape(
  { body, fields: constantFields, headers }: ResolvedEndpoint,
  { query = '', isOverridable }: ShapeOptions
): RequestShape {
  const constantQuery = [...new URLSearchParams(query)]
  const constantHeaders = Object.entries(headers)
  const constants = Object.entries(constantFields)

  async function readFields(request: WireRequest): Promise<ReadRequest> {
    if (body === 'none') return readForm(new URL(request.url).searchParams)
    if (body === 'json') return fieldsOf(await readJsonBody(request))
    const text = await readBodyText(request)
    return typeof text === 'string' ? readForm(new URLSearchParams(text)) : text
  }

  const ownType = constantHeaders.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  const usualType = mediaTypes[body]

  function isMet(fields: Fields, [name, value]: readonly [string, unknown]): boolean {
    return body === 'json' ? fields[name] === value : fields[name] === String(value)
  }

  return {
    mediaType: usualType && (ownType?.split(';')[0]?.trim().toLowerCase() ?? usualType),
    constants: constantQuery.length + constantHeaders.length + constants.length,

    async read(request, isExact = !isOverridable) {
      const { searchParams } = new URL(request.url)
      for (const [name, value] of constantQuery) {
        if (!searchParams.getAll(name).includes(value)) return refuse(`the parameter ${name}`)
      }
      for (const [name, value] of constantHeaders) {
        if (headerValues(request, name).join(', ') !== value) return refuse(`the header ${name}`)
      }
      const read = await readFields(request)
      if (read.kind === 'refused') return read
      for (const constant of constants) {
        const [name, value] = constant
        if (isMet(read.fields, constant)) continue
        // The grant type is the kind of the request and not a default.
        const isSameType = typeof read.fields[name] === (body === 'json' ? typeof value : 'string')
        if (!isExact && name !== 'grant_type' && isSameType) continue
        // RFC 6749 §5.2 has a separate error code for another grant type.
        const isGrant = name === 'grant_type' && read.fields[name] !== undefined
        return refuse(`the field ${name}`, isGrant ? 'unsupported_grant_type' : undefined)
      }
      return read
    }
  }
}

/** A repeated parameter is ambiguous (RFC 6749 §3.2). */
function readForm(form: URLSearchParams): ReadRequest {
  const names = [...form.keys()]
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) return refuseWith('invalid_request', `${repeated} must be sent once`)
  return { kind: 'fields', fields: Object.assign(Object.create(null), Object.fromEntries(form)) }
}

function fieldsOf(body: Awaited<ReturnType<typeof readJsonBody>>): ReadRequest {
  return body.kind === 'refused' ? body : { kind: 'fields', fields: body.value }
}

function refuse(subject: string, error = 'invalid_request'): RefusedBody {
  return refuseWith(error, `${subject} does not have the value that the contract requires`)
}

function refuseWith(error: string, description: string): RefusedBody {
  return { kind: 'refused', decision: decision('bad_request', refusal(400, error, description)) }
}
