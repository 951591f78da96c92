// Imports the entries named in its arguments and prints what that set in motion.
const started: string[] = []
const turn = setImmediate

for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const) {
  const original = globalThis[name] as (...args: unknown[]) => unknown
  Reflect.set(globalThis, name, (...args: unknown[]) => {
    started.push(name)
    return original(...args)
  })
}

/** What keeps the process going, once the loading of modules is over. */
async function activeResources(): Promise<string[]> {
  await new Promise((resolve) => turn(resolve))
  return process.getActiveResourcesInfo()
}

// Opened at the first use, which may be the loading of a module of Node's own.
process.stdout.write('')
process.stderr.write('')
const countListeners = () =>
  process.eventNames().reduce((count, name) => count + process.listenerCount(name), 0)
const listenersBefore = countListeners()
const globalsBefore = Object.getOwnPropertyNames(globalThis)
const resourcesBefore = await activeResources()
const names: string[] = []
for (const entry of process.argv.slice(2)) {
  const path = new URL(`../../src/${entry}`, import.meta.url).href
  names.push(...Object.keys(await import(path)))
}

const resourcesAfter = await activeResources()
console.log(
  JSON.stringify({
    names,
    started,
    addedListeners: countListeners() - listenersBefore,
    addedGlobals: Object.getOwnPropertyNames(globalThis).filter(
      (name) => !globalsBefore.includes(name)
    ),
    addedResources: resourcesAfter.slice(resourcesBefore.length)
  })
)
