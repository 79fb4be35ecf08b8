/**
 * Commands: the list, by what they are for and in the order in which help prints them. A command is one
 * file beside this one and one line here. Loading it must be cheap, because help loads them all: what
 * is heavy or may be absent is imported inside `run`.
 */
import type { Commands } from '../dispatch.ts';

/** Under the heading that help gives them. */
export const groups: Record<string, Commands> = {
  'run a bridge, and join its island to others': {
    up: async () => (await import('./up.ts')).up,
    config: async () => (await import('./config.ts')).config,
    login: async () => (await import('./login.ts')).login,
    invite: async () => (await import('./invite.ts')).invite,
    join: async () => (await import('./join.ts')).join,
    lines: async () => (await import('./lines.ts')).lines,
    clients: async () => (await import('./clients.ts')).clients,
    part: async () => (await import('./part.ts')).part,
    node: async () => (await import('./node.ts')).node,
    backup: async () => (await import('./backup.ts')).backup,
    restore: async () => (await import('./restore.ts')).restore,
  },
  'talk, over a running bridge': {
    chat: async () => (await import('./chat.ts')).chat,
    send: async () => (await import('./send.ts')).send,
    listen: async () => (await import('./listen.ts')).listen,
    peers: async () => (await import('./peers.ts')).peers,
    audit: async () => (await import('./audit.ts')).audit,
  },
  'run a relay, and watch it or a bridge': {
    relay: async () => (await import('./relay.ts')).relay,
    status: async () => (await import('./status.ts')).status,
    scan: async () => (await import('./scan.ts')).scan,
    ping: async () => (await import('./ping.ts')).ping,
    trace: async () => (await import('./trace.ts')).trace,
    path: async () => (await import('./path.ts')).path,
    monitor: async () => (await import('./monitor.ts')).monitor,
    doctor: async () => (await import('./doctor.ts')).doctor,
    acceptance: async () => (await import('./acceptance.ts')).acceptance,
  },
  'make nodes of boards': {
    build: async () => (await import('./build.ts')).build,
    flash: async () => (await import('./flash.ts')).flash,
    provision: async () => (await import('./provision.ts')).provision,
    console: async () => (await import('./console.ts')).console,
  },
  'see, prove and measure': {
    demo: async () => (await import('./demo.ts')).demo,
    simulate: async () => (await import('./simulate.ts')).simulate,
    identity: async () => (await import('./identity.ts')).identity,
    conformance: async () => (await import('./conformance.ts')).conformance,
    bench: async () => (await import('./bench.ts')).bench,
  },
};

export const commands: Commands = Object.assign({}, ...Object.values(groups));
