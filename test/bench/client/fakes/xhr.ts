// Fake XMLHttpRequest: answers 200 in the next microtask. Import it before axios, which looks for
// the global when it loads.

const text = '{"id":1,"name":"Ada"}'
const answerHeaders = 'content-type: application/json\r\ncontent-length: 21\r\n'

interface FakeRequest {
  status: number
  statusText: string
  responseText: string
  responseURL: string
  timeout: number
  withCredentials: boolean
  onloadend: (() => void) | null
  open(method: string, url: string): void
  setRequestHeader(name: string, value: string): void
  getAllResponseHeaders(): string
  send(): void
  abort(): void
}

// The methods are shared, as those of a prototype are.
const methods: Pick<
  FakeRequest,
  'open' | 'setRequestHeader' | 'getAllResponseHeaders' | 'send' | 'abort'
> &
  ThisType<FakeRequest> = {
  open(_method, url) {
    this.responseURL = url
  },
  setRequestHeader() {},
  getAllResponseHeaders: () => answerHeaders,
  send() {
    queueMicrotask(() => {
      this.status = 200
      this.statusText = 'OK'
      this.responseText = text
      this.onloadend?.()
    })
  },
  abort() {}
}

function FakeXMLHttpRequest(): FakeRequest {
  return Object.assign(Object.create(methods), {
    status: 0,
    statusText: '',
    responseText: '',
    responseURL: '',
    timeout: 0,
    withCredentials: false,
    onloadend: null
  })
}

Reflect.set(globalThis, 'XMLHttpRequest', FakeXMLHttpRequest)
