export { answerWaiting, jobAccepted } from './answer-waiting.ts';
export { jobOf } from './job-of.ts';
export { type Dispatch, jobRoutes } from './routes.ts';
