//! TLS to the database, by the words of libpq: `sslmode` and `sslrootcert` of the address.

use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use postgres::config::SslMode;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::StoreError;

/// What the certificate of the server has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checked {
    /// Nothing: what goes over the wire cannot be read, but nobody knows who reads it at its end.
    Nothing,
    /// That somebody trusted signed it.
    Issuer,
    /// That it is the one of this host, too.
    Host,
}

/// How the connection is protected.
#[derive(Clone)]
pub(super) struct Protection {
    /// Whether the connection is encrypted, or is if the server can.
    pub(super) mode: SslMode,
    /// How, unless it is not.
    pub(super) tls: Option<MakeRustlsConnect>,
    checked: Checked,
}

impl Protection {
    /// Whether somebody in the middle would be noticed.
    pub(super) fn knows_the_server(&self) -> bool {
        self.mode == SslMode::Require && self.checked == Checked::Host
    }

    /// Takes the two parameters out of an address: what is left is for the database.
    pub(super) fn of(address: &str) -> Result<(String, Protection), StoreError> {
        let (base, query) = address.split_once('?').unwrap_or((address, ""));
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value.to_owned()),
                Some(("sslrootcert", value)) => {
                    let path = percent_decode_str(value).decode_utf8().map_err(|_| unusable("sslrootcert"))?;
                    roots = Some(path.into_owned());
                }
                _ => rest.push(parameter),
            }
        }
        let left = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let (mode, checked) = match (mode.as_deref().unwrap_or("prefer"), &roots) {
            ("disable", _) => (SslMode::Disable, Checked::Nothing),
            ("prefer", _) => (SslMode::Prefer, Checked::Nothing),
            // With roots at hand libpq looks at them here too.
            ("require", None) => (SslMode::Require, Checked::Nothing),
            ("require" | "verify-ca", _) => (SslMode::Require, Checked::Issuer),
            ("verify-full", _) => (SslMode::Require, Checked::Host),
            _ => {
                return Err(StoreError::Unusable(
                    "--store：sslmode 可为 disable、prefer、require、verify-ca、verify-full · sslmode may be disable, prefer, require, verify-ca or verify-full"
                        .to_owned(),
                ));
            }
        };
        let tls = if mode == SslMode::Disable { None } else { Some(connector(checked, roots.as_deref())?) };
        Ok((left, Protection { mode, tls, checked }))
    }
}

fn unusable(what: &str) -> StoreError {
    StoreError::Unusable(format!("--store：{what} 有误 · is wrong"))
}

fn connector(checked: Checked, roots: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trusted = if checked == Checked::Nothing { None } else { Some(trusted(roots, &provider)?) };
    let verifier = Verifier { checked, trusted, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Whose signature is trusted: the certificates of a file, or those of the machine.
fn trusted(file: Option<&str>, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, StoreError> {
    let mut roots = RootCertStore::empty();
    match file {
        None | Some("system") => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(file) => {
            let wrong = |error: &dyn std::fmt::Display| unusable(&format!("sslrootcert {file}: {error}"));
            let certificates = CertificateDer::pem_file_iter(PathBuf::from(file)).map_err(|error| wrong(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
        }
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| unusable(&format!("sslrootcert: {error}")))
}

#[derive(Debug)]
struct Verifier {
    checked: Checked,
    trusted: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trusted) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        let found = trusted.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match found {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.checked == Checked::Issuer => Ok(ServerCertVerified::assertion()),
            found => found,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
