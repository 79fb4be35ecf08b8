/**
 * Elsewhere: words that somebody may take for commands, and the command that tells or does it.
 */
export const ELSEWHERE: Record<string, string> = {
  health: 'hopline status',
  components: 'hopline status',
  links: 'hopline status',
  neighbours: 'hopline peers',
  neighbors: 'hopline peers',
  routes: 'hopline path <peer>',
  quarantine: 'hopline peers quarantine <id>',
  trust: 'hopline peers trust <id>',
  verify: 'hopline peers verify <id>',
  block: 'hopline peers block <id>',
  unblock: 'hopline peers unblock <id>',
};
