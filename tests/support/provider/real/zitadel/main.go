// A provider for tests, made of zitadel/oidc: the people and the pages of its example, the clients of
// CLIENTS (a JSON array), at the address ISSUER.
package main

import (
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

type client struct {
	ID                     string   `json:"client_id"`
	Secret                 string   `json:"client_secret"`
	RedirectURIs           []string `json:"redirect_uris"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris"`
}

// The example's clients know no address to come back to after a sign-out.
type clientThatComesBack struct {
	op.Client
	addresses []string
}

func (it clientThatComesBack) PostLogoutRedirectURIs() []string { return it.addresses }

type clientStorage struct {
	*storage.Storage
	clients map[string]client
}

func (it clientStorage) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	found, err := it.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return clientThatComesBack{found, it.clients[id].PostLogoutRedirectURIs}, nil
}

func main() {
	var clients []client
	if err := json.Unmarshal([]byte(os.Getenv("CLIENTS")), &clients); err != nil {
		log.Fatal(err)
	}
	issuer, err := url.Parse(os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	people := storage.NewUserStore(issuer.String())
	known := clientStorage{storage.NewStorage(people), map[string]client{}}
	for _, each := range clients {
		known.clients[each.ID] = each
		if each.Secret == "" {
			storage.RegisterClients(storage.NativeClient(each.ID, each.RedirectURIs...))
		} else {
			storage.RegisterClients(storage.WebClient(each.ID, each.Secret, each.RedirectURIs...))
		}
	}
	handler := exampleop.SetupServer(issuer.String(), known, slog.Default(), false)
	log.Fatal(http.ListenAndServe(issuer.Host, handler))
}
