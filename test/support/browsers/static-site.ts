// Static site: serves a directory on a free port. `/clear-site-data` clears the origin's storage.
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'

const contentTypes: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css'
}

export interface Site {
  readonly url: string
  close(): Promise<void>
}

export async function serveDirectory(directory: string): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/clear-site-data') {
      response.writeHead(200, { 'Clear-Site-Data': '"storage"', 'Content-Type': 'text/html' })
      response.end('<!doctype html><link rel="icon" href="data:," />')
      return
    }
    const file = join(directory, pathname === '/' ? 'index.html' : pathname)
    if (!file.startsWith(directory) || !existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'Content-Type': contentTypes[extname(file)] ?? 'application/octet-stream'
    })
    createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
