// Body of a login that issued no token: reads what the app may show of it.

import { defaultTokens } from '../../contract/default-contract.ts'
import type { Answered } from './answer.ts'
import { readPlace, type Tokens, tokensIn } from './read-token.ts'
import { textWithoutTokens, withoutTokens } from './without-tokens.ts'

/**
 * The body of an answer to a login that issues no token, without those that it holds anyway. A body
 * that is not JSON is a text, and only that of a rejection.
 */
export function readBodyWithoutTokens(
  answer: Answered,
  tokens: Tokens,
  isRejection = false
): unknown {
  const { response, body, isHtml, text } = answer
  const places = typeof tokens === 'function' ? defaultTokens : tokens
  const known = readKnown(answer, tokens)
  const message = body === undefined ? text : body
  if (typeof message !== 'string') return withoutTokens(body, places, known)
  // With 2xx, the text as a whole can be the token.
  const mayBeToken =
    response.ok && (typeof tokens === 'function' || tokens.accessToken.in === 'text')
  const isTooLong = isHtml && message.length > longestPageCharacters
  if (!isRejection || mayBeToken || isTooLong || message === '') return undefined
  return textWithoutTokens(message, places, known)
}

/** A longer page is not a message that a form can show. */
const longestPageCharacters = 8192

/** The tokens that an answer holds at the places of the contract. */
function readKnown(answer: Answered, tokens: Tokens): readonly unknown[] {
  const { response, body, text } = answer
  if (typeof tokens !== 'function') {
    const places = [tokens.accessToken, tokens.refreshToken]
    return places.flatMap((place) => (place.in === 'text' ? [] : [readPlace(place, answer)]))
  }
  const { status, headers } = response
  try {
    return tokensIn(tokens({ status, headers, body, text }))
  } catch {
    return []
  }
}
