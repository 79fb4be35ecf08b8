/**
 * Script: a conversation written from top to bottom, which rests at every `yield` until something
 * happens. Whoever runs it is a machine: time and what was heard reach it from there.
 */
export type Script<T> = Generator<void, T, void>;
