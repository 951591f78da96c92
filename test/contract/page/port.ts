// Page on a port: its server listens on another port and is controlled through the control API.
import { dialectOf } from '../dialects.ts'
import { controlByRequests } from '../setup/server-controls.ts'
import { offerCases } from './run-in-page.ts'

const address = (name: string) => new URLSearchParams(location.search).get(name) ?? ''
const home = address('home')
offerCases({
  dialect: dialectOf(address('dialect')),
  home,
  crossOrigin: home,
  strict: address('strict'),
  foreign: address('foreign'),
  mock: controlByRequests(home)
})
