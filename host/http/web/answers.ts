/**
 * Answers: what the bridge says, read for the page. Names and texts stay as they are, but for what
 * would turn the reading direction of the words beside them: a stranger may call himself anything, and
 * no warning of ours may stand there mirrored.
 */
import { straight } from '../../../protocol/printable.ts';

/** JSON has what turns as it is. */
export function readAnswer<Answer>(text: string): Answer {
  return JSON.parse(straight(text)) as Answer;
}
