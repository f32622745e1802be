//! TLS to the database: what each `sslmode` asks of the server, and what it refuses. A relay before the real server speaks
//! TLS as a server does, with certificates made for the test.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use ::postgres::config::Host;
use lode::ledger::Options;
use lode::ledger::place::{Place, StoreUrl};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};

use super::instances::with_server;
use super::world::{Folder, Schema};

with_server!(connections_are_encrypted_and_the_server_verified_as_the_address_says,);

/// How a server answers who asks for TLS.
#[derive(Clone)]
enum Answers {
    Yes(Arc<ServerConfig>),
    No,
}

fn open(base: &str) -> Box<dyn Wire> {
    let config: ::postgres::Config = base.parse().unwrap();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match &config.get_hosts()[0] {
        Host::Unix(folder) => Box::new(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).unwrap()),
        Host::Tcp(name) => Box::new(TcpStream::connect((name.as_str(), port)).unwrap()),
    }
}

/// One of the two ways to the real server.
trait Wire: Read + Write + Send {
    fn other(&self) -> Box<dyn Wire>;
    fn end(&self);
}

impl Wire for TcpStream {
    fn other(&self) -> Box<dyn Wire> {
        Box::new(self.try_clone().unwrap())
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Wire for UnixStream {
    fn other(&self) -> Box<dyn Wire> {
        Box::new(self.try_clone().unwrap())
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// A relay; the addresses of those who were encrypted are noted.
struct Relay {
    address: SocketAddr,
    encrypted: Arc<Mutex<usize>>,
}

fn relay(base: String, answers: Answers) -> Relay {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = Relay { address: listener.local_addr().unwrap(), encrypted: Arc::default() };
    let encrypted = Arc::clone(&relay.encrypted);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (base, answers, encrypted) = (base.clone(), answers.clone(), Arc::clone(&encrypted));
            std::thread::spawn(move || carry(stream.unwrap(), &base, answers, &encrypted));
        }
    });
    relay
}

/// The length and the number of a message that asks for TLS.
const ASKS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

fn carry(mut client: TcpStream, base: &str, answers: Answers, encrypted: &Mutex<usize>) {
    let mut first = [0; 8];
    if client.read_exact(&mut first).is_err() {
        return;
    }
    let mut server = open(base);
    let tls = match answers {
        _ if first != ASKS => {
            server.write_all(&first).unwrap();
            None
        }
        Answers::No => {
            client.write_all(b"N").unwrap();
            None
        }
        Answers::Yes(config) => {
            client.write_all(b"S").unwrap();
            Some(ServerConnection::new(config).unwrap())
        }
    };
    match tls {
        None => {
            let (mut to, mut from) = (client.try_clone().unwrap(), server.other());
            let back = std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            let _ = std::io::copy(&mut client, &mut server);
            server.end();
            let _ = back.join();
        }
        Some(mut tls) => {
            // Whoever does not like the certificate goes away here.
            while tls.is_handshaking() {
                if tls.complete_io(&mut client).is_err() {
                    return;
                }
            }
            *encrypted.lock().unwrap() += 1;
            let tls = Arc::new(Mutex::new(tls));
            let (shared, mut to, mut from) = (Arc::clone(&tls), client.try_clone().unwrap(), server.other());
            let back = std::thread::spawn(move || {
                let mut bytes = [0; 16 * 1024];
                while let Ok(count @ 1..) = from.read(&mut bytes) {
                    let mut tls = shared.lock().unwrap();
                    tls.writer().write_all(&bytes[..count]).unwrap();
                    while tls.wants_write() {
                        if tls.write_tls(&mut to).is_err() {
                            return;
                        }
                    }
                }
                let _ = to.shutdown(Shutdown::Both);
            });
            // The first of it may have come with the end of the handshake.
            let (mut sealed, mut count) = ([0; 16 * 1024], 0);
            'reading: loop {
                let mut rest = &sealed[..count];
                loop {
                    let mut plain = Vec::new();
                    {
                        let mut tls = tls.lock().unwrap();
                        if !rest.is_empty() {
                            tls.read_tls(&mut rest).unwrap();
                        }
                        let Ok(state) = tls.process_new_packets() else { break 'reading };
                        plain.resize(state.plaintext_bytes_to_read(), 0);
                        tls.reader().read_exact(&mut plain).unwrap();
                    }
                    if server.write_all(&plain).is_err() {
                        break 'reading;
                    }
                    if rest.is_empty() {
                        break;
                    }
                }
                let Ok(more @ 1..) = client.read(&mut sealed) else { break };
                count = more;
            }
            server.end();
            let _ = back.join();
        }
    }
}

/// A certificate of an authority, and one of a server for these names that it signed.
fn certified(names: &[&str]) -> (String, Arc<ServerConfig>) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let server = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    (root.pem(), Arc::new(config))
}

fn connections_are_encrypted_and_the_server_verified_as_the_address_says() {
    let schema = Schema::new();
    let (base, folder) = (schema.base().to_owned(), Folder::new());
    let config: ::postgres::Config = base.parse().unwrap();
    let (user, database) = (config.get_user().unwrap(), config.get_dbname().unwrap_or("postgres"));
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().replace('/', "%2F")
    };
    let (root, named) = certified(&["localhost", "127.0.0.1"]);
    let (root, other) = (file("root.pem", &root), file("other.pem", &certified(&["localhost"]).0));
    let named = relay(base.clone(), Answers::Yes(named));
    let (elsewhere_root, elsewhere) = certified(&["db.example"]);
    let elsewhere_root = file("elsewhere.pem", &elsewhere_root);
    let elsewhere = relay(base.clone(), Answers::Yes(elsewhere));
    let plain = relay(base.clone(), Answers::No);
    // Opens the store; whether that went well, and whether the connections were encrypted.
    let opened = |relay: &Relay, parameters: &str| {
        *relay.encrypted.lock().unwrap() = 0;
        let path = format!("options=-c%20search_path%3D{}", schema.name());
        let url = format!("postgres://{user}@{}/{database}?{path}{parameters}", relay.address);
        let opened = Place::Server(StoreUrl::from(url)).open(Options::default());
        let done = opened.map(|store| assert_eq!(store.verify().unwrap().damage, None));
        (done.map_err(|error| error.to_string()), *relay.encrypted.lock().unwrap() > 0)
    };
    for (relay, parameters, encrypted) in [
        (&named, String::new(), true),
        (&named, "&sslmode=disable".to_owned(), false),
        (&named, "&sslmode=prefer".to_owned(), true),
        (&named, "&sslmode=require".to_owned(), true),
        (&named, format!("&sslmode=require&sslrootcert={root}"), true),
        (&named, format!("&sslmode=verify-ca&sslrootcert={root}"), true),
        (&named, format!("&sslmode=verify-full&sslrootcert={root}"), true),
        (&elsewhere, "&sslmode=require".to_owned(), true),
        (&elsewhere, format!("&sslmode=verify-ca&sslrootcert={elsewhere_root}"), true),
        (&plain, "&sslmode=prefer".to_owned(), false),
    ] {
        assert_eq!(opened(relay, &parameters), (Ok(()), encrypted), "{parameters}");
    }
    for (relay, parameters, wanted) in [
        (&plain, "&sslmode=require".to_owned(), "does not support TLS"),
        (&plain, format!("&sslmode=verify-full&sslrootcert={root}"), "does not support TLS"),
        (&named, format!("&sslmode=require&sslrootcert={other}"), "invalid peer certificate"),
        (&named, format!("&sslmode=verify-ca&sslrootcert={other}"), "invalid peer certificate"),
        (&named, format!("&sslmode=verify-full&sslrootcert={other}"), "invalid peer certificate"),
        (&named, "&sslmode=verify-full".to_owned(), ""),
        (&elsewhere, format!("&sslmode=verify-full&sslrootcert={elsewhere_root}"), "not valid for name"),
    ] {
        let (refused, encrypted) = opened(relay, &parameters);
        let told = refused.unwrap_err();
        assert!(told.contains(wanted) && !encrypted, "{parameters}: {told}");
    }
}
