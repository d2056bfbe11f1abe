import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../src/serve.framing.ts';

const limits = { targetChars: 20, headers: 3, headerChars: 60 };
const fault = (target: string, rawHeaders: readonly string[], httpVersion = '1.1') =>
  faultOf({ httpVersion, target, rawHeaders }, limits);
const HOST = ['Host', 'a.example'];

describe('the head of a request', () => {
  it('passes when it can be read in one way only', () => {
    expect(fault('/', HOST)).toBeUndefined();
    expect(fault('/', [...HOST, 'transfer-encoding', ' Chunked '])).toBeUndefined();
    expect(fault('http://A.example/x', HOST)).toBeUndefined();
    expect(fault('/', [], '1.0')).toBeUndefined();
    expect(fault('/', [...HOST, 'x-forwarded-for', 'a', 'x-forwarded-for', 'b'])).toBeUndefined();
  });

  it.each([
    ['/', []],
    ['/', [...HOST, 'HOST', 'a.example']],
    ['/', [...HOST, 'Transfer-Encoding', 'gzip, chunked']],
    ['/', [...HOST, 'Content-Length', '1', 'content-length', '1']],
    ['/', [...HOST, 'Authorization', 'a', 'authorization', 'b']],
    ['*', HOST],
    ['a.example:80', HOST],
    ['http://b.example/', HOST],
    ['http://u@a.example/', HOST],
    ['ftp://a.example/', HOST],
    ['', HOST],
  ])('is malformed: %s %j', (target, headers) => {
    expect(fault(target, headers)).toBe('malformed_request');
  });

  it('of another version of HTTP, or chunks in HTTP/1.0, are malformed', () => {
    expect(fault('/', HOST, '0.9')).toBe('malformed_request');
    expect(fault('/', HOST, '2.0')).toBe('malformed_request');
    expect(fault('/', [...HOST, 'Transfer-Encoding', 'chunked'], '1.0')).toBe('malformed_request');
  });

  it('may be as large as the limits, and not larger', () => {
    expect(fault(`/${'a'.repeat(19)}`, HOST)).toBeUndefined();
    expect(fault(`/${'a'.repeat(20)}`, HOST)).toBe('uri_too_long');
    expect(fault('/', [...HOST, 'a', '1', 'b', '2'])).toBeUndefined();
    expect(fault('/', [...HOST, 'a', '1', 'b', '2', 'c', '3'])).toBe('headers_too_large');
    expect(fault('/', [...HOST, 'a', 'x'.repeat(46)])).toBeUndefined();
    expect(fault('/', [...HOST, 'a', 'x'.repeat(47)])).toBe('headers_too_large');
  });
});
