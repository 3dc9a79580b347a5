"""The methods of GenAuth's own library, at npm's oidc-provider 9 and 6, without a site."""
