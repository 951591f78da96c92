// A page whose server is on another port of this machine, and is steered there.
import { steerByRequests } from '../setup/server-controls.ts'
import { offerCases } from './run-in-page.ts'

const address = (name: string) => new URLSearchParams(location.search).get(name) ?? ''
const home = address('home')
offerCases({
  home,
  abroad: home,
  strict: address('strict'),
  elsewhere: address('elsewhere'),
  mock: steerByRequests(home)
})
