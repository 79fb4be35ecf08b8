/**
 * Answers: what the bridge says, read for the page. Names and texts stay as they are, but for what
 * would turn the reading direction of the words beside them: a stranger may call himself anything, and
 * no warning of ours may stand there mirrored. Letters that are read from right to left need none of it.
 */

/** What begins and ends an embedding, an override or an isolate. JSON has them as they are. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

export function readAnswer<Answer>(text: string): Answer {
  return JSON.parse(text.replace(TURNS, '')) as Answer;
}
