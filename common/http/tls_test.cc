#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/http/testing_client.h"
#include "common/testing/temporary_folder.h"

namespace parley::http {
namespace {

// A certificate for localhost and 127.0.0.1 that vouches for itself, as PEM files.
struct Certificate {
  explicit Certificate(const std::string& folder)
      : certificate(folder + "/crt"), key(folder + "/key") {
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* x509 = X509_new();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, pair);
    X509_NAME* name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    Extend(x509, NID_basic_constraints, "critical,CA:TRUE");
    Extend(x509, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(x509, pair, EVP_sha256());
    Write(certificate, [&](FILE* file) { PEM_write_X509(file, x509); });
    Write(key, [&](FILE* file) {
      PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
    });
    X509_free(x509);
    EVP_PKEY_free(pair);
  }

  const std::string certificate, key;

 private:
  static void Extend(X509* x509, int kind, const char* text) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, text);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
  template <class Body>
  static void Write(const std::string& path, Body body) {
    FILE* file = fopen(path.c_str(), "w");
    body(file);
    fclose(file);
  }
};

class Echo final : public Handler {
 public:
  size_t BodyLimit(const Request&) override { return 1 << 20; }
  void Handle(Request request, Responder responder) override {
    Response response;
    response.body = request.body;
    responder.Send(std::move(response));
  }
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    ServerOptions options;
    options.tls_certificate_file = files_.certificate;
    options.tls_key_file = files_.key;
    server_ = *Server::Start(options, echo_);
  }

  absl::StatusOr<ClientResponse> Ask(const std::string& ca_file, const std::string& tls_name,
                                     const std::string& body = "hello") {
    ClientOptions options;
    options.addresses = *AddressRules::Make({"127.0.0.0/8"}, {});
    options.extra_ca_file = ca_file;
    auto client = Client::Make(options);
    if (!client.ok()) return client.status();
    ClientRequest request;
    request.method = "POST";
    request.host = "127.0.0.1";
    request.port = server_->port();
    request.tls_name = tls_name;
    request.body = body;
    request.deadline = absl::Now() + absl::Seconds(20);
    return (*client)->SendAndWait(request);
  }

  TemporaryFolder folder_;
  const Certificate files_{folder_.path()};
  Echo echo_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, AServerWithATrustedCertificateIsSpokenTo) {
  for (const char* name : {"", "127.0.0.1", "localhost"}) {
    const auto answer = Ask(files_.certificate, name);
    ASSERT_TRUE(answer.ok()) << name << answer.status();
    EXPECT_EQ(answer->body, "hello");
  }
}

TEST_F(TlsTest, LargeBodiesGoBothWays) {
  const std::string body(1 << 20, 'x');
  const auto answer = Ask(files_.certificate, "localhost", body);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, body);
}

TEST_F(TlsTest, ACertificateThatNobodyVouchesForIsRefused) {
  EXPECT_TRUE(absl::IsUnavailable(Ask("", "localhost").status()));
}

TEST_F(TlsTest, ACertificateOfAnotherNameIsRefused) {
  for (const char* name : {"other.test", "127.0.0.2"}) {
    EXPECT_TRUE(absl::IsUnavailable(Ask(files_.certificate, name).status())) << name;
  }
}

TEST_F(TlsTest, PlainHttpIsNotAnswered) {
  TestingClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.ReadAll().find("HTTP/1.1 200"), std::string::npos);
}

TEST_F(TlsTest, FilesThatCannotBeReadAreSaid) {
  EXPECT_TRUE(absl::IsInvalidArgument(Ask("/nowhere", "localhost").status()));
  ServerOptions options;
  options.tls_certificate_file = "/nowhere";
  EXPECT_TRUE(absl::IsInvalidArgument(Server::Start(options, echo_).status()));
}

}  // namespace
}  // namespace parley::http
