// Child process: imports the entries named in its arguments and prints their side effects.
const started: string[] = []
const turn = setImmediate

for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const) {
  const original = globalThis[name] as (...args: unknown[]) => unknown
  Reflect.set(globalThis, name, (...args: unknown[]) => {
    started.push(name)
    return original(...args)
  })
}

/** The resources that keep the process alive after the modules have loaded. */
async function activeResources(): Promise<string[]> {
  await new Promise((resolve) => turn(resolve))
  return process.getActiveResourcesInfo()
}

// Opens the streams now, because loading a built-in module may open them too.
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
