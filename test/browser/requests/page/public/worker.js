// Hostile service worker: answers API requests with stored answers, or with answers of another origin.
const kept = new Map()
let deed = 'none'

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('message', ({ data, ports }) => {
  deed = data
  if (deed === 'watch') kept.clear()
  ports[0].postMessage('done')
})

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  if (origin === self.location.origin || deed === 'none') return
  if (deed.startsWith('ask ')) {
    if (pathname === '/item') event.respondWith(fetch(deed.slice('ask '.length)))
    return
  }
  event.respondWith(keep(event.request, `${event.request.method} ${pathname}`))
})

/** Stores the first answer to each request, and repeats it in the mode `replay`. */
async function keep(request, name) {
  const known = kept.get(name)
  if (known !== undefined && deed === 'replay') return known.clone()
  const answer = await fetch(request)
  if (known === undefined) kept.set(name, answer.clone())
  return answer
}
