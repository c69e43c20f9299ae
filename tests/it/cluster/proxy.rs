//! A TCP proxy that cuts the connections that go through it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub struct Proxy {
    pub port: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Subscribes on a free port for as long as the process lives, and passes everything on to
    /// `target` on this machine.
    pub fn to(target: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::<Mutex<Vec<TcpStream>>>::default();
        let kept = Arc::clone(&open);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Without a server the client is hung up on: this is what a port that nobody
                // subscribes at looks like behind a proxy.
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                let both = [&client, &server].map(|stream| stream.try_clone().unwrap());
                kept.lock().unwrap().extend(both);
                pass(client.try_clone().unwrap(), server.try_clone().unwrap());
                pass(server, client);
            }
        });
        Proxy { port, open }
    }

    /// Ends every connection, in both directions.
    pub fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    from.set_nodelay(true).unwrap();
    std::thread::spawn(move || {
        let mut block = [0; 16 * 1024];
        while let Ok(read) = from.read(&mut block) {
            if read == 0 || to.write_all(&block[..read]).is_err() {
                break;
            }
        }
        drop(from.shutdown(Shutdown::Both));
        drop(to.shutdown(Shutdown::Both));
    });
}
