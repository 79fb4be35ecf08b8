/** Runs in the interpreter: the exercise, then the script it finds in the file beside it. */
import { exercise } from './exercise.ts';
import { play } from './player.ts';

declare const print: (line: string) => void;
/** Lines for the player, put before this bundle by the test. */
declare const SCRIPT: string[];
declare const SEED: number;

print('BEGIN');
exercise(SEED, print);
for (let i = 0; i < SCRIPT.length; i++) print(play(SCRIPT[i]));
print('END');
