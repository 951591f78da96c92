// Chromium without devtools: opens a page that no debugger watches. Chromium prerenders only there.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { chromiumFlags, findChromium, howToGetChromium } from './chromium.ts'

/** The test sees only the requests of the page. The browser closes when the test has finished. */
export async function openWithoutDevtools(url: string): Promise<void> {
  const path = findChromium()
  if (path === undefined) throw new Error(`No Chromium found. ${howToGetChromium}`)
  const profile = await mkdtemp(join(tmpdir(), 'everbearer-chromium-'))
  const flags = [...chromiumFlags, '--headless=new', `--user-data-dir=${profile}`]
  const child = spawn(path, [...flags, url], { stdio: 'ignore' })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  onTestFinished(async () => {
    child.kill()
    await exited
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  })
}
