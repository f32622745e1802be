//! TLS of the service: its certificate and key, read from files and read again when the process is told so (SIGHUP), so that
//! a renewed certificate needs no restart.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// A certificate with its key.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads the chain, the server's own certificate first, and its key, both as PEM. An error names the file, and says
    /// when the two do not belong together.
    pub fn open(chain: &Path, key: &Path) -> io::Result<Certificate> {
        let current = RwLock::new(Arc::new(read(chain, key)?));
        Ok(Certificate { chain: chain.to_owned(), key: key.to_owned(), current })
    }

    /// Reads the files again: connections from now on get what is in them. After an error they get what they had.
    pub fn reload(&self) -> io::Result<()> {
        let renewed = Arc::new(read(&self.chain, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// How a server that shows it speaks: TLS 1.2 and 1.3, no certificates of clients.
    pub fn server(self: &Arc<Certificate>) -> io::Result<ServerConfig> {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let shown: Arc<dyn ResolvesServerCert> = Arc::<Certificate>::clone(self);
        Ok(config.with_no_client_auth().with_cert_resolver(shown))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(chain: &Path, key: &Path) -> io::Result<CertifiedKey> {
    let wrong = |file: &Path, what: &dyn fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", file.display()))
    };
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(chain).and_then(Iterator::collect).map_err(|error| wrong(chain, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
    CertifiedKey::from_der(certificates, private, &aws_lc_rs::default_provider()).map_err(|error| wrong(chain, &error))
}
