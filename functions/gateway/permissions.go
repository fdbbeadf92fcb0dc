package gateway

import "github.com/InfinityXOneSystems/infinity-matrix/shared/auth"

// Permissions is the one matrix: which roles may call which route. A route
// that is not here can be called by nobody, and fails a test.
//
// Reading is for every role: documents and audit records hold no secret and no
// body. Pulling the kill switch is easier than lifting it, on purpose. A
// service key answers no approval: an approval is a person's.
var Permissions = auth.Matrix{
	"GET /v1/healthz":      {auth.None, auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/openapi.json": {auth.None, auth.Viewer, auth.Editor, auth.Admin, auth.Service},

	"GET /v1/events":              {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/events/{id}":         {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/events/{id}/explain": {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"POST /v1/events/{id}/replay": {auth.Editor, auth.Admin, auth.Service},
	"POST /v1/events/{id}/shadow": {auth.Editor, auth.Admin, auth.Service},
	"POST /v1/policies/plan":      {auth.Editor, auth.Admin, auth.Service},

	"GET /v1/decisions":      {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/decisions/{id}": {auth.Viewer, auth.Editor, auth.Admin, auth.Service},

	"GET /v1/executions":               {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/executions/{id}":          {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"POST /v1/executions/{id}/approve": {auth.Editor, auth.Admin},
	"POST /v1/executions/{id}/reject":  {auth.Editor, auth.Admin},
	"POST /v1/executions/{id}/revert":  {auth.Editor, auth.Admin},

	"GET /v1/workflows":      {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/workflows/{id}": {auth.Viewer, auth.Editor, auth.Admin, auth.Service},

	// The token of a link is the permission, whoever sends it (links.go).
	"POST /v1/executions/{id}/links": {auth.Editor, auth.Admin},
	"GET /v1/links":                  {auth.None, auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"POST /v1/links":                 {auth.None, auth.Viewer, auth.Editor, auth.Admin, auth.Service},

	"GET /v1/approvals": {auth.Viewer, auth.Editor, auth.Admin, auth.Service},

	"GET /v1/autonomy":      {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/autonomy/{id}": {auth.Viewer, auth.Editor, auth.Admin, auth.Service},

	"GET /v1/freezes":    {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"POST /v1/freezes":   {auth.Editor, auth.Admin, auth.Service},
	"DELETE /v1/freezes": {auth.Admin},

	"GET /v1/audit/log":                 {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/audit/blob":                {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"POST /v1/audit/erase":              {auth.Admin},
	"GET /v1/audit/records":             {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/audit":                     {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/dead-letters":              {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/dead-letters/{id}":         {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"GET /v1/dead-letters/{id}/body":    {auth.Editor, auth.Admin},
	"POST /v1/dead-letters/{id}/replay": {auth.Editor, auth.Admin},
	"POST /v1/dead-letters/replay":      {auth.Editor, auth.Admin},
	"DELETE /v1/dead-letters/{id}":      {auth.Admin},

	"GET /v1/pages":               {auth.Viewer, auth.Editor, auth.Admin, auth.Service},
	"POST /v1/pages/{id}/resolve": {auth.Editor, auth.Admin},
}
