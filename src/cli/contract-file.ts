// Contract file: loads the auth contract of `--contract` from JSON or a module.
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AuthContract } from '../contract/auth-contract.ts'
import { UsageError } from './usage.ts'

/**
 * Loads a contract. Its fields are not checked.
 * @throws UsageError if the file is missing, cannot be loaded, or exports no object
 */
export async function loadContract(option: string, file: string): Promise<AuthContract<unknown>> {
  const path = resolve(file)
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false
  )
  if (!isFile) throw wrongFile(option, file, 'which is not a file')
  const found = /\.json$/i.test(path)
    ? await readJson(option, file, path)
    : await importModule(option, file, path)
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found
  throw wrongFile(option, file, 'which does not hold an object')
}

async function readJson(option: string, file: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw wrongFile(option, file, `which is not JSON (${messageOf(error)})`)
  }
}

async function importModule(option: string, file: string, path: string): Promise<unknown> {
  const loaded = await load(option, file, path)
  const exported = ['contract', 'default'].find((name) => Object.hasOwn(loaded, name))
  if (exported !== undefined) return Reflect.get(loaded, exported)
  const names = Object.keys(loaded)
  const received = names.length === 0 ? 'nothing' : names.join(', ')
  throw wrongFile(option, file, `which exports ${received}, but no default and no contract`)
}

async function load(option: string, file: string, path: string): Promise<object> {
  try {
    return (await import(pathToFileURL(path).href)) as object
  } catch (error) {
    const isUnknown =
      error instanceof Error && 'code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const reason = isUnknown
      ? `which Node ${process.version} cannot load: use JSON, JavaScript, or TypeScript from Node 22.18 on`
      : `which cannot be loaded (${messageOf(error)})`
    throw wrongFile(option, file, reason)
  }
}

function wrongFile(option: string, file: string, problem: string): UsageError {
  const expectation = 'a JSON file, or a module that exports an auth contract'
  return new UsageError(
    `Option --${option}: expected ${expectation}; received ${JSON.stringify(file)}, ${problem}.`
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
