// Fake network: answers in this process, with no more work than axios's own adapters do.
import {
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig
} from 'axios'
import { baseURL } from '../contenders.ts'

const body = '{"id":1,"name":"Ada"}'
const headers = { 'content-type': 'application/json', 'content-length': '21' }

export function createAnswer(
  config: InternalAxiosRequestConfig,
  status: 200 | 401
): AxiosResponse<string> {
  return {
    data: status === 200 ? body : '{"error":"invalid_token"}',
    status,
    statusText: status === 200 ? 'OK' : 'Unauthorized',
    headers: new AxiosHeaders(headers),
    config,
    request: { responseURL: `${baseURL}${config.url}` }
  }
}

/** Resolves or rejects as axios's own adapters do, by the `validateStatus` of the config. */
export function settle<Answer extends AxiosResponse>(answer: Answer): Answer {
  const { status, config, request } = answer
  if (!config.validateStatus || config.validateStatus(status)) return answer
  const message = `Request failed with status code ${status}`
  throw new AxiosError(message, AxiosError.ERR_BAD_REQUEST, config, request, answer)
}

/** An adapter of the app that answers 200 at once. */
export async function answerAtOnce(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  return createAnswer(config, 200)
}
