/**
 * Connections: those of the API and the page, so many at once. One more takes the place of the one that
 * has waited for nothing of ours for longest: whoever dribbles, says nothing, or does not read what it
 * asked for keeps nobody out (RELIABILITY R13).
 *
 *   connected -> asks -> waits for us -> reads the answer -> asks ...
 *   `--may make way--'                   `--may make way--'
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  private readonly most: number;
  /** With the answers that are not out yet, in the order in which they asked last. */
  private readonly open = new Map<Socket, Set<ServerResponse>>();

  constructor(server: Server, most: number) {
    this.most = most;
    server.on('connection', (socket) => this.welcome(socket));
    server.on('request', ({ socket }, response) => this.note(socket, response));
    // Whoever takes it over has a limit of its own.
    server.on('upgrade', ({ socket }) => this.open.delete(socket));
  }

  get size(): number {
    return this.open.size;
  }

  /** Answers to what was asked before that are not out yet. */
  unreadBy(socket: Socket): number {
    return this.open.get(socket)?.size ?? 0;
  }

  private welcome(socket: Socket): void {
    if (this.open.size >= this.most) this.makeRoom();
    // Where all wait for us, one more would wait as well.
    if (this.open.size >= this.most) return void socket.destroy();
    this.open.set(socket, new Set());
    socket.once('close', () => this.open.delete(socket));
  }

  private note(socket: Socket, response: ServerResponse): void {
    const answers = this.open.get(socket);
    if (answers === undefined) return;
    answers.add(response);
    response.once('close', () => answers.delete(response));
    this.open.delete(socket);
    this.open.set(socket, answers);
  }

  private makeRoom(): void {
    for (const [socket, answers] of this.open) {
      if (![...answers].every(({ writableEnded }) => writableEnded)) continue;
      this.open.delete(socket);
      return void socket.destroy();
    }
  }
}
