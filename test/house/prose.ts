// Passages of prose: comments and test titles from TypeScript, and paragraphs from Markdown.
import type { parseSync } from 'oxc-parser'

export interface Passage {
  readonly text: string
  /** The line of the file for an offset in `text`. */
  lineAt(offset: number): number
}

type Parsed = ReturnType<typeof parseSync> & { readonly text: string }

interface Line {
  readonly text: string
  readonly number: number
}

function join(lines: readonly Line[]): Passage {
  const text = lines.map((line) => line.text).join(' ')
  return {
    text,
    lineAt(offset) {
      let position = 0
      for (const line of lines) {
        position += line.text.length + 1
        if (offset < position) return line.number
      }
      return lines.at(-1)?.number ?? 0
    }
  }
}

/** Removes code, links and tags, which are not prose. */
function clean(text: string): string {
  return text
    .replace(/`[^`]*`/g, 'it')
    .replace(/\{@link[^}]*\}/g, 'it')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/https?:\/\/\S+/g, 'it')
    .replace(/^@(?:returns|throws|param \w+|default|example|internal)\b/, '')
    .trim()
}

const isDrawing = (text: string) => /[─│┌┐└┘├┤┬┴┼▶◀▲▼═]/.test(text)

/** Splits lines into passages at blank lines, drawings, list items and tags. */
function passages(lines: readonly Line[]): readonly Passage[] {
  const groups: Line[][] = [[]]
  for (const { text, number } of lines) {
    const isBreak = text.trim() === '' || isDrawing(text)
    const isStart = isBreak || /^\s*(?:[-*|@]|\d+\.) ?/.test(text)
    if (isStart && groups.at(-1)?.length !== 0) groups.push([])
    if (!isBreak)
      groups.at(-1)?.push({ text: clean(text.replace(/^\s*(?:[-*]|\d+\.) /, '')), number })
  }
  return groups.filter((group) => group.length > 0).map(join)
}

/** The comments of a file. Consecutive line comments form one passage. */
export function commentsOf({ comments, text }: Parsed): readonly Passage[] {
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  const blocks: Line[][] = []
  for (const { type, value, start } of comments) {
    if (value.startsWith('/ <reference') || value.startsWith('!')) continue
    const first = lineOf(start)
    const isInline = text.slice(text.lastIndexOf('\n', start) + 1, start).trim() !== ''
    const previous = blocks.at(-1)
    const lines = value
      .split('\n')
      .map((line, index) => ({ text: line.replace(/^\s*\*+ ?/, '').trim(), number: first + index }))
    const continues = type === 'Line' && !isInline && previous?.at(-1)?.number === first - 1
    if (continues) previous?.push(...lines)
    else blocks.push(lines)
  }
  return blocks.flatMap(withoutExamples).flatMap((block) => passages(block))
}

/** Removes the code after `@example`. */
function withoutExamples(block: readonly Line[]): readonly (readonly Line[])[] {
  const at = block.findIndex(({ text }) => text.startsWith('@example'))
  if (at === -1) return [block]
  const next = block.findIndex(({ text }, index) => index > at && /^@(?!example)/.test(text))
  return [block.slice(0, at), ...(next === -1 ? [] : [block.slice(next)])]
}

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
  )
}

/** The name of a called function, for `it`, `it.each(rows)` and `it.skipIf(condition)`. */
function calleeOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Identifier') return String(node.name)
  return calleeOf(node.type === 'MemberExpression' ? node.object : node.callee)
}

function literalOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type !== 'TemplateLiteral') return undefined
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[]
  return quasis.map(({ value }) => value.cooked).join('it')
}

/** The titles of `it`, `test` and `describe`. */
export function titlesOf({ program, text }: Parsed): readonly Passage[] {
  const found: Passage[] = []
  function visit(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) visit(item)
    if (!isNode(value)) return
    if (value.type === 'CallExpression' && /^(?:it|test|describe)$/.test(calleeOf(value) ?? '')) {
      const [first] = value.arguments as readonly Node[]
      const title = literalOf(first)
      const number = text.slice(0, first?.start).split('\n').length
      if (title !== undefined) found.push(join([{ text: clean(title), number }]))
    }
    for (const child of Object.values(value)) visit(child)
  }
  visit(program)
  return found
}

/** The paragraphs, list items and table rows of a Markdown page, without code and headings. */
export function passagesOf(
  page: string,
  { withTables }: { readonly withTables: boolean }
): readonly Passage[] {
  let isCode = false
  const lines = page.split('\n').map((text, index): Line => {
    const isFence = text.startsWith('```')
    if (isFence) isCode = !isCode
    const isSkipped =
      isFence || isCode || text.startsWith('#') || (!withTables && text.startsWith('|'))
    return { text: isSkipped ? '' : text, number: index + 1 }
  })
  return passages(lines)
}
