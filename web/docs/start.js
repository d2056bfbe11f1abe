// Shows the gateway's own description. Nothing on this page asks any other server; the security policy sees to it.
const chosen = localStorage.getItem('theme');

Scalar.createApiReference('#app', {
  url: '/api/v1/openapi.json',
  theme: 'none',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  favicon: '/favicon.svg',
  metaData: { title: 'API · AjaxSecurFlow' },
  documentDownloadType: 'json',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  authentication: { preferredSecurityScheme: 'bearer' },
  // The dashboard's choice, or the system's.
  hideDarkModeToggle: true,
  ...(chosen === 'light' || chosen === 'dark' ? { forceDarkModeState: chosen } : {}),
});
