// The frame as the unmodified amazon-connect-streams itself makes it: its shared worker, asking a STAND-IN of the service
// (tests/harness/cti_service.py). Nothing is shown.
"use strict";

connect.core.initSharedWorker({
  sharedWorkerUrl: "/ccp-v2/worker.js",
  authToken: "token-1",
  refreshToken: "refresh-1",
  authTokenExpiration: new Date(Date.now() + 24 * 3600 * 1000).toISOString(),
  region: "us-east-1",
  endpoint: `${location.origin}/cti`,
  authorizeEndpoint: "/auth/authorize",
  agentAppEndpoint: `${location.origin}/agent-app`,
  taskTemplatesEndpoint: `${location.origin}/task-templates`,
  authCookieName: "lily-auth-prod-test",
});
