// Sent config: the copy of a config that an adapter gets, with the token in a header.

import { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import type { ResolvedHeader } from '../../contract/resolved-contract.ts'
import { formatCredential } from '../../lib/credential.ts'

export interface Destination {
  readonly url: string | undefined
  readonly baseURL: string | undefined
  readonly allowAbsoluteUrls: boolean | undefined
}

/** The entries of a config that differ in the copy. */
export const changedNames: readonly string[] = [
  'url',
  'baseURL',
  'allowAbsoluteUrls',
  'headers',
  'timeout',
  'env',
  'sensitiveHeaders',
  'withXSRFToken'
]

/**
 * The app keeps its config, and may send it again to another server. So only a copy holds the
 * token. Each request makes one, so the copy has to be cheap.
 */
export function createSentConfig(
  config: InternalAxiosRequestConfig,
  destination: Destination,
  attach: ResolvedHeader,
  accessToken: string | undefined
): InternalAxiosRequestConfig {
  const sent = copyOf(config)
  sent.url = destination.url
  sent.baseURL = destination.baseURL
  sent.allowAbsoluteUrls = destination.allowAbsoluteUrls
  sent.headers = copyHeaders(config.headers)
  if (accessToken !== undefined) {
    attachToken(sent, attach.header, formatCredential(attach, accessToken))
  }
  return sent
}

/**
 * axios gives a config no prototype, so that a polluted Object.prototype adds no option. An empty
 * one does the same, and V8 fills such an object faster, and with less memory.
 */
const noOptions = Object.freeze(Object.create(null))

function copyOf(config: object) {
  const copy = Object.create(Object.getPrototypeOf(config) ?? noOptions)
  for (const name in config) {
    if (Object.hasOwn(config, name)) copy[name] = config[name as never]
  }
  for (const name of Object.getOwnPropertySymbols(config)) copy[name] = config[name as never]
  return copy
}

function copyHeaders(headers: AxiosHeaders): AxiosHeaders {
  if (!(headers instanceof AxiosHeaders)) return new AxiosHeaders(headers)
  const copy: AxiosHeaders = Object.create(Object.getPrototypeOf(headers))
  return Object.assign(copy, headers)
}

function attachToken(sent: InternalAxiosRequestConfig, header: string, credential: string): void {
  // No header of the app has this name in any case.
  sent.headers[header] = credential
  // In Node, axios removes these headers when a redirect leaves the origin.
  const { sensitiveHeaders, withXSRFToken } = sent
  sent.sensitiveHeaders = sensitiveHeaders ? [...sensitiveHeaders, header] : [header]
  // axios passes the sent config to the app's `withXSRFToken` function. Hide the token from it.
  if (typeof withXSRFToken !== 'function') return
  sent.withXSRFToken = (shown) => {
    shown.headers.delete(header)
    try {
      return withXSRFToken(shown)
    } finally {
      shown.headers.set(header, credential)
    }
  }
}
