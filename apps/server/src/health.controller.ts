import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { sendBytes, sendJson } from '#http';
import { Action, Recorder } from '#registry';
import { Health } from './health.js';

/** For orchestrators and monitoring. Names no version and no path. */
@Controller()
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly recorder: Recorder,
  ) {}

  @Get(['healthz', 'health/live'])
  @Action('public')
  live(@Req() req: Request, @Res() res: Response): void {
    sendJson(req, res, 200, { status: 'alive' });
  }

  @Get(['readyz', 'health/ready'])
  @Action('public')
  async ready(@Req() req: Request, @Res() res: Response): Promise<void> {
    const problem = await this.health.notReadyBecause();
    if (problem === undefined) sendJson(req, res, 200, { status: 'ready' });
    else sendJson(req, res, 503, { status: 'not-ready', reason: problem }, { 'Retry-After': '2' });
  }

  /** Prometheus text format. */
  @Get('metrics')
  @Action('public')
  metrics(@Req() req: Request, @Res() res: Response): void {
    const memory = process.memoryUsage();
    const cpu = process.cpuUsage();
    const lines = [
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${memory.rss}`,
      '# TYPE process_heap_bytes gauge',
      `process_heap_bytes ${memory.heapUsed}`,
      '# TYPE process_cpu_seconds_total counter',
      `process_cpu_seconds_total ${((cpu.user + cpu.system) / 1e6).toFixed(3)}`,
      '# TYPE process_uptime_seconds gauge',
      `process_uptime_seconds ${process.uptime().toFixed(1)}`,
      ...this.recorder.metrics(),
      '',
    ];
    sendBytes(req, res, {
      status: 200,
      body: lines.join('\n'),
      mediaType: 'text/plain; version=0.0.4; charset=utf-8',
      headers: { 'Cache-Control': 'no-store' },
    });
  }
}
