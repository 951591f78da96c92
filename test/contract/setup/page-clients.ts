// Page clients: send the requests of the contract with fetch and XMLHttpRequest.
import type { Send } from './contract-setup.ts'

export const sendByFetch: Send = async ({ method, url, headers = {}, body, ...rest }) => {
  const { credentials = 'include', signal } = rest
  const response = await fetch(url, {
    method,
    headers,
    credentials,
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal })
  })
  const text = await response.text()
  return { status: response.status, text, header: (name) => response.headers.get(name) }
}

export const sendByXhr: Send = ({ method, url, headers = {}, body, credentials, signal }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    request.withCredentials = credentials !== 'omit'
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.onload = () =>
      resolve({
        status: request.status,
        text: request.responseText,
        header: (name) => request.getResponseHeader(name)
      })
    request.onerror = () => reject(new Error('no answer'))
    request.onabort = () => reject(new Error('aborted'))
    signal?.addEventListener('abort', () => request.abort())
    request.send(body ?? null)
  })
