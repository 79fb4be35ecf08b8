/**
 * Router: what lies between the two ends of a TCP line, with a hand on it. It can drop what it
 * carries, stop carrying, or go dark: then both ends believe that they are connected, and what they
 * write is lost, until it is mended and they find out.
 */
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const LOOPBACK = '127.0.0.1';

export class Router {
  readonly port: number;
  /** Bytes that were lost in the dark. */
  swallowed = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private isDark = false;

  private constructor(server: Server) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Whoever connects to its port is connected to port `to` of this machine. */
  static async start(to: number): Promise<Router> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    const router = new Router(server);
    server.on('connection', (near) => router.join(near, to));
    return router;
  }

  /** All connections end, and new ones are carried as ever. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  stall(): void {
    for (const socket of this.sockets) socket.pause();
  }

  darken(): void {
    this.isDark = true;
  }

  mend(): void {
    this.isDark = false;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }

  private join(near: Socket, to: number): void {
    const far = this.isDark ? null : createConnection(to, LOOPBACK);
    this.keep(near, far);
    if (far !== null) this.keep(far, near);
  }

  private keep(from: Socket, to: Socket | null): void {
    this.sockets.add(from);
    from.on('data', (bytes: Buffer) => {
      if (this.isDark || to === null) this.swallowed += bytes.length;
      else if (!to.write(bytes)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.sockets.delete(from);
      // Who hangs up in the dark is not heard.
      if (!this.isDark) to?.destroy();
    });
  }
}
