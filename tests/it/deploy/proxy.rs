//! HAProxy as `deploy/haproxy.cfg` has it, before an instance.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::text;
use crate::harness::{Backend, TestApp, eventually};

struct Proxy {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Proxy {
    /// Before the instance at this address. It waits a second for a request, and not ten.
    fn before(instance: &str) -> Proxy {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let mut config = text("deploy/haproxy.cfg");
        for (shipped, here) in [
            ("    maxconn 20000\n", "    maxconn 100\n"),
            ("    bind :8080\n", &format!("    bind {address}\n")),
            ("timeout http-request 10s", "timeout http-request 1s"),
            ("xinwu-1:8080", instance),
            ("    server second xinwu-2:8080\n", ""),
        ] {
            assert!(config.contains(shipped), "deploy/haproxy.cfg has no {shipped}");
            config = config.replace(shipped, here);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, config).unwrap();
        let process = Command::new("haproxy")
            .arg("-db")
            .arg("-f")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(File::create(folder.path().join("log")).unwrap())
            .stderr(File::create(folder.path().join("said")).unwrap())
            .spawn()
            .expect("haproxy is installed (scripts/packages test)");
        let proxy = Proxy { process, address, folder };
        eventually(|| TcpStream::connect(&proxy.address).is_ok());
        proxy
    }

    /// What is answered to these bytes, until the connection ends.
    fn answer(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, path: &str, headers: &str) -> String {
        self.answer(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n"))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

#[test]
fn haproxy_takes_the_file_as_it_is() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/haproxy.cfg");
    let output = Command::new("haproxy").args(["-c", "-q", "-f", file]).output();
    let output = output.expect("haproxy is installed (scripts/packages test)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Also where a path is written in other ways that an instance takes for the same, and where a body
/// does not come.
#[test]
fn nothing_is_logged_of_what_is_somebodys_own_and_no_metrics_are_reached() {
    let app = TestApp::start(Backend::Sqlite);
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let proxy = Proxy::before(app.base.trim_start_matches("http://"));
    let by = format!("Authorization: Bearer {}\r\n", resident.token);
    let own = format!("/v1/me/ratings/{}", stage.project);
    for path in [
        own.clone(),
        own.replace("/me/", "/m%65/"),
        own.replace("/v1/", "/%761/"),
        own.replace("/me/", "%2Fme/"),
        format!("/{own}"),
        own.replace("/me/", "//me/"),
        format!("http://x{own}"),
        format!("/v1/me?{}", stage.project),
        "/v1/me".to_owned(),
    ] {
        assert!(proxy.get(&path, &by).starts_with("HTTP/1.1 "), "{path}");
    }
    assert!(proxy.get("/v1/me", &by).starts_with("HTTP/1.1 200 "));
    let waiting = format!("PUT {own}/2026-11 HTTP/1.1\r\nHost: x\r\n{by}Content-Length: 10\r\n\r\n12345");
    assert!(proxy.answer(&waiting).starts_with("HTTP/1.1 408 "));
    // Nor what somebody looks for.
    assert!(proxy.get("/v1/firms?q=sought", "").starts_with("HTTP/1.1 200 "));
    for path in ["/metrics", "/m%65trics", "//metrics", "/metrics/", "/v1/../metrics"] {
        let answer = proxy.get(path, "");
        assert!(answer.starts_with("HTTP/1.1 404 ") && !answer.contains("xinwu_"), "{path}: {answer}");
    }
    assert!(proxy.get("/v1/places/2102", "").starts_with("HTTP/1.1 200 "));
    eventually(|| proxy.log().contains("\"GET /v1/places/2102\""));
    let log = proxy.log();
    for line in log.lines() {
        let words = [stage.project.as_str(), "/v1/me", "ratings", "sought"];
        assert_eq!(words.iter().find(|word| line.contains(**word)), None, "{line}");
    }
}

/// An instance that notes what it is asked.
fn noting() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, asked) = (listener.local_addr().unwrap().to_string(), Arc::default());
    let noted: Arc<Mutex<Vec<String>>> = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            drop(BufReader::new(&stream).read_line(&mut line));
            noted.lock().unwrap().push(line);
            drop(stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
        }
    });
    (address, asked)
}

#[test]
fn an_instance_is_asked_once_a_body_is_there() {
    let (instance, asked) = noting();
    let proxy = Proxy::before(&instance);
    let head = "POST /v1/auth/revoke HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n";
    let silent = proxy.answer(&format!("{head}12345"));
    assert!(silent.starts_with("HTTP/1.1 408 ") && silent.contains("\"code\":\"too_slow\""), "{silent}");
    assert!(silent.to_lowercase().contains("retry-after: 1\r\n"), "{silent}");
    let posts = || asked.lock().unwrap().iter().filter(|line| line.starts_with("POST ")).count();
    assert_eq!(posts(), 0);
    assert!(proxy.answer(&format!("{head}1234567890")).starts_with("HTTP/1.1 204 "));
    assert_eq!(posts(), 1);
}
