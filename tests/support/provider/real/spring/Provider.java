package provider;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.oauth2.core.oidc.endpoint.OidcParameterNames;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

/** A provider for tests. Its clients and its person are properties of Spring Boot. */
@SpringBootApplication
public class Provider {
  public static void main(String[] arguments) {
    SpringApplication.run(Provider.class, arguments);
  }

  @Bean
  OAuth2TokenCustomizer<JwtEncodingContext> claims() {
    return token -> {
      if (OidcParameterNames.ID_TOKEN.equals(token.getTokenType().getValue())) {
        String name = token.getPrincipal().getName();
        token.getClaims().claim("email", name + "@example.org");
      }
    };
  }
}
