// The control API on a port: for whoever is on this machine, and nobody else.
import type { RequestListener } from 'node:http'
import { refusal } from '../http/message.ts'
import type { MockAuthServer } from '../types.ts'
import { createControl } from './control-api.ts'
import { deliver, toWireRequest } from './node-listener.ts'

/** The listener with `/__mock/…` before it; `open` is as in `createListener`. */
export function withControl(
  server: MockAuthServer,
  listener: RequestListener,
  open: Set<AbortController> = new Set()
): RequestListener {
  const control = createControl(server)
  return (message, response) => {
    const request = toWireRequest(message, response, open)
    if (!control.owns(request)) return listener(message, response)
    const answer = isLoopback(message.socket.remoteAddress)
      ? control.handle(request)
      : Promise.resolve(refusal(403, 'cross_site', 'the control API answers to this machine only'))
    void deliver(response, answer)
  }
}

/** The address of the other end of the connection, which nobody can forge and still get an answer. */
function isLoopback(address: string | undefined): boolean {
  return /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/.test(address ?? '')
}
