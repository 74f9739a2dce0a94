package workflow

// The actions in generated files, at the newest release that we have tested. Newer pins
// that a bot has brought into a file are kept.
var (
	checkout        = Uses{"actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"}
	setupPython     = Uses{"actions/setup-python", "5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"}
	setupUV         = Uses{"astral-sh/setup-uv", "20cfd1bf945f4377ade1205e4dbc17946fc9a30d", "v10.0.1"}
	setupPDM        = Uses{"pdm-project/setup-pdm", "544d7237314ee09c256785bd360f6b30add38b37", "v4.6"}
	setupPixi       = Uses{"prefix-dev/setup-pixi", "f00437f565399d418b0acc85936d12c1fb668347", "v0.10.1"}
	setupMicromamba = Uses{"mamba-org/setup-micromamba", "ce51e99f4bb8a82ab7158c4dc59ef4634c59c4f9", "v3.1.0"}

	uploadArtifact = Uses{"actions/upload-artifact", "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"}
	uploadPages    = Uses{"actions/upload-pages-artifact", "fc324d3547104276b827a68afc52ff2a11cc49c9", "v5.0.0"}
	deployPages    = Uses{"actions/deploy-pages", "368f82528645a54fb793d4d04e342629a3f51346", "v5.0.1"}
	actionsCache   = Uses{"actions/cache", "55cc8345863c7cc4c66a329aec7e433d2d1c52a9", "v6.1.0"}
	restoreCache   = Uses{actionsCache.Action + "/restore", actionsCache.Ref, actionsCache.Version}
	saveCache      = Uses{actionsCache.Action + "/save", actionsCache.Ref, actionsCache.Version}

	// AppToken makes a token of a GitHub App.
	AppToken = Uses{"actions/create-github-app-token", "bcd2ba49218906704ab6c1aa796996da409d3eb1", "v3.2.0"}
)

// The tools in generated files, at the newest release that we have tested. A lock may be
// older: all of them read the locks of earlier releases.
const (
	uvVersion         = "0.13.9"
	poetryVersion     = "2.5.1"
	oldPoetryVersion  = "1.8.5" // the last that writes the locks of Poetry 1
	pdmVersion        = "2.29.3"
	pixiVersion       = "v0.76.2"
	hatchVersion      = "1.18.2"
	pipenvVersion     = "2026.10.3"
	micromambaVersion = "2.8.1-0"
)
