/**
 * Commands: the list, in the order in which help prints it. A command is one file beside this one
 * and one line here. Loading it must be cheap, because help loads them all: what is heavy or may be
 * absent is imported inside `run`.
 */
import type { Commands } from '../dispatch.ts';

export const commands: Commands = {
  demo: async () => (await import('./demo.ts')).demo,
  up: async () => (await import('./up.ts')).up,
  config: async () => (await import('./config.ts')).config,
  identity: async () => (await import('./identity.ts')).identity,
  flash: async () => (await import('./flash.ts')).flash,
  relay: async () => (await import('./relay.ts')).relay,
  status: async () => (await import('./status.ts')).status,
  scan: async () => (await import('./scan.ts')).scan,
  ping: async () => (await import('./ping.ts')).ping,
  trace: async () => (await import('./trace.ts')).trace,
  acceptance: async () => (await import('./acceptance.ts')).acceptance,
  doctor: async () => (await import('./doctor.ts')).doctor,
  monitor: async () => (await import('./monitor.ts')).monitor,
  build: async () => (await import('./build.ts')).build,
  provision: async () => (await import('./provision.ts')).provision,
  console: async () => (await import('./console.ts')).console,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  bench: async () => (await import('./bench.ts')).bench,
  conformance: async () => (await import('./conformance.ts')).conformance,
};
