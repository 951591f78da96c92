// Prose rules: docs/style.md as regular expressions over comments, test titles and documentation.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { expect, it } from 'vitest'
import { commentsOf, type Passage, passagesOf, titlesOf } from './prose.ts'

const root = join(import.meta.dirname, '../..')

/** A sentence start: the start of the passage, or a space after a full stop. */
const start = '(?:^|(?<=[.!?:] ))'
const rules: Readonly<Record<string, RegExp>> = {
  'an unnamed person': /\b(?:no|some|any|every)body\b|\b(?:some|every)one\b/i,
  'a relative pronoun with "ever"': /\b(?:who|what|which|wher)ever\b/i,
  'an inverted negation':
    /\b(?:is|are|was|were) none\b|(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|[a-z]+er than\b)[a-z]/i,
  '"where" for "if" or "when"':
    /\bwhere (?:there (?:is|are|was|were)|none\b|neither\b|both\b|nothing\b|no\b)|(?<=[.!:;] )Where [a-z][^?]*$/,
  'a double possessive':
    /\bof (?:ours|theirs|its own|their own|one’s own)\b|\bof (?:the|an) (?:app|server|client|caller|user|browser|page)['’]s(?=[.,;:)]|$)/i,
  'a word of legal English':
    /\b(?:whose|whence|hence|thus|thereof|therein|beforehand|meanwhile|likewise)\b/i,
  '"tell" for return, report or distinguish': /\b(?:tells?|told|telling)\b/i,
  '"hand" for inject or return': /\bhand(?:s|ed|ing)? (?:in|out)\b/i,
  'a sentence that starts with a relative clause': new RegExp(
    `${start}(?:What|Who|Whose|Whom|Of|Neither|Nor) [^.!?]*(?:[.!:]|$)`
  ),
  'a private word': new RegExp(
    String.raw`\b(?:${[
      'next door',
      'sibling (?:tab|page)s?',
      "siblings?(?! (?:sub-?)?domain)(?= (?:has|have|is|are|that|who|got|gets|did|does)|[.,;:)]|['’]s|$)",
      'a sibling(?! (?:sub-?)?domain)',
      'verdicts?',
      'doors?',
      'levers?',
      'under way',
      'on its way',
      'bears? (?:it |them )?out',
      'borne out',
      'call(?:s|ed|ing)? (?:\\w+ ){0,3}back(?= before|[.,;:)]|$)',
      'witness(?:es)?',
      'ledgers?',
      '(?<!-)standing',
      'shel(?:f|ves)',
      'agenda',
      'of before',
      'news',
      'at leisure',
      'in its turn',
      'takes? (?:its|their) turns?',
      'renew(?:s|ed|ing|als?)?'
    ].join('|')})\b`,
    'i'
  )
}

function walk(folder: string, extension: RegExp): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => extension.test(file) && !/node_modules|\/dist\//.test(file))
    .sort()
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function parse(file: string): ReturnType<typeof parseSync> & { readonly text: string } {
  const text = read(file)
  return Object.assign(parseSync(file, text), { text })
}

/** One line per offender: `file:line: rule: text`. */
function offendersIn(file: string, passages: readonly Passage[]): readonly string[] {
  return passages.flatMap(({ text, lineAt }) =>
    Object.entries(rules).flatMap(([name, rule]) => {
      const found = rule.exec(text)
      if (found === null) return []
      const context = text.slice(Math.max(0, found.index - 20), found.index + 60)
      return [`${file}:${lineAt(found.index)}: ${name}: ${context.trim()}`]
    })
  )
}

const sources = walk('src', /\.tsx?$/)
const tests = [...walk('test', /\.tsx?$/), ...walk('examples', /\.tsx?$/)]
// The rules and their examples contain the words that the rules forbid.
const isAboutRules = (file: string) => /^test\/house\/prose(?:\.test)?\.ts$/.test(file)

it('finds each marked construction, and accepts plain sentences', () => {
  const marked = [
    'Nobody waits.',
    'Whatever the server says.',
    'That is no token.',
    'It is stored. Where storage is blocked, memory serves.',
    'A function of the app’s, called once.',
    'The request, whose token is old.',
    'It tells the tabs.',
    'The token is handed out.',
    'What the server sends.',
    'Signed in next door.'
  ]
  const plain = [
    'There is no session.',
    'The token is no longer valid, and no newer than the other.',
    'The origin where the API lives.',
    'What does the server send?',
    'The app’s interceptors, and a callback of the app.',
    'A sibling subdomain can set a plain cookie.',
    'Calls back into the client.'
  ]
  const passage = (text: string): Passage => ({ text, lineAt: () => 1 })
  expect(marked.filter((text) => offendersIn('marked', [passage(text)]).length === 0)).toEqual([])
  expect(plain.flatMap((text) => offendersIn('plain', [passage(text)]))).toEqual([])
})

it('has plain comments in the source', () => {
  const offenders = sources.flatMap((file) => offendersIn(file, commentsOf(parse(file))))
  expect(offenders).toEqual([])
})

it('has plain comments in tests and examples', () => {
  const offenders = tests
    .filter((file) => !isAboutRules(file))
    .flatMap((file) => offendersIn(file, commentsOf(parse(file))))
  expect(offenders).toEqual([])
})

it('has plain test titles', () => {
  const offenders = tests
    .filter((file) => /\.test\.tsx?$/.test(file) && !isAboutRules(file))
    .flatMap((file) => offendersIn(file, titlesOf(parse(file))))
  expect(offenders).toEqual([])
})

it('has plain documentation', () => {
  const pages = [
    ...['README', 'CONTRIBUTING', 'CHANGELOG', 'SECURITY'].map((name) => `${name}.md`),
    ...walk('docs', /\.md$/),
    ...walk('examples', /\.md$/),
    ...walk('test', /\/README\.md$/)
  ].filter((file) => existsSync(join(root, file)))
  const offenders = pages.flatMap((file) => {
    // Their tables list the words to avoid.
    const isList = /^docs\/(?:style|glossary)\.md$/.test(file)
    return offendersIn(file, passagesOf(read(file), { withTables: !isList }))
  })
  expect(offenders).toEqual([])
})

it('begins every file with a noun phrase', () => {
  const relative = [...sources, ...tests].filter((file) => {
    const comments = commentsOf(parse(file)).filter(({ text }) => !text.startsWith('@vitest'))
    const [head] = comments
    return (
      head !== undefined && /^(?:What|Who|Whose|Which|How|Where|When|Whether)\b/.test(head.text)
    )
  })
  expect(relative).toEqual([])
})

it('wraps comment lines at 100 characters', () => {
  const long = [...sources, ...tests].flatMap((file) => {
    const { comments, text } = parse(file)
    const lines = text.split('\n')
    const commented = new Set(
      comments.flatMap(({ start: from, end }) => {
        const first = text.slice(0, from).split('\n').length
        const last = text.slice(0, end).split('\n').length
        return Array.from({ length: last - first + 1 }, (_, index) => first + index)
      })
    )
    return [...commented]
      .filter((line) => (lines[line - 1]?.length ?? 0) > 100)
      .map((line) => `${file}:${line}: ${lines[line - 1]?.trim().slice(0, 60)}`)
  })
  expect(long).toEqual([])
})
