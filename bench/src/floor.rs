//! `xinwu-bench floor`: a bare actix-web server that answers the bytes and headers that the service
//! answered, from memory.

use std::path::PathBuf;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde::{Deserialize, Serialize};

use crate::Result;

/// Where, and what.
#[derive(clap::Args)]
pub struct Args {
    /// The port on 127.0.0.1
    #[arg(long)]
    port: u16,
    /// A file with the answers, as `run` writes it
    #[arg(long)]
    answers: PathBuf,
}

/// One answer of the service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// As it was sent.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body, to be told.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One of each kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answers {
    pub card: Answer,
    /// The card in gzip.
    pub compressed: Answer,
    pub page: Answer,
    pub home: Answer,
    pub unchanged: Answer,
    pub search: Answer,
    pub evaluation: Answer,
    pub reviews: Answer,
    pub rating: Answer,
}

/// An answer, ready to be sent.
struct Ready {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

struct AllReady {
    card: Ready,
    compressed: Ready,
    page: Ready,
    home: Ready,
    unchanged: Ready,
    search: Ready,
    evaluation: Ready,
    reviews: Ready,
    rating: Ready,
}

/// Answers until it is killed.
pub fn run(args: &Args) -> Result<()> {
    let answers: Answers = serde_json::from_slice(&std::fs::read(&args.answers)?)?;
    let ready = Data::new(AllReady {
        card: Ready::new(&answers.card)?,
        compressed: Ready::new(&answers.compressed)?,
        page: Ready::new(&answers.page)?,
        home: Ready::new(&answers.home)?,
        unchanged: Ready::new(&answers.unchanged)?,
        search: Ready::new(&answers.search)?,
        evaluation: Ready::new(&answers.evaluation)?,
        reviews: Ready::new(&answers.reviews)?,
        rating: Ready::new(&answers.rating)?,
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(ready.clone())
            .service(web::resource("/{path:.*}").route(web::get().to(read)).route(web::put().to(written)))
    })
    .bind(("127.0.0.1", args.port))?;
    Ok(actix_web::rt::System::new().block_on(server.run())?)
}

async fn read(request: HttpRequest, all: Data<AllReady>) -> HttpResponse {
    let path = request.path();
    if request.headers().contains_key(header::IF_NONE_MATCH) {
        all.unchanged.send()
    } else if path.starts_with("/firms/") {
        all.page.send()
    } else if path.ends_with("/home") {
        all.home.send()
    } else if request.headers().contains_key(header::ACCEPT_ENCODING) {
        all.compressed.send()
    } else if path.ends_with("/evaluation") {
        all.evaluation.send()
    } else if path.ends_with("/reviews") {
        all.reviews.send()
    } else if path.len() == "/v1/firms".len() {
        all.search.send()
    } else {
        all.card.send()
    }
}

async fn written(_: Bytes, all: Data<AllReady>) -> HttpResponse {
    all.rating.send()
}

impl Ready {
    fn new(answer: &Answer) -> Result<Ready> {
        let mut headers = Vec::new();
        for (name, value) in &answer.headers {
            headers.push((HeaderName::try_from(name.as_str())?, HeaderValue::from_str(value)?));
        }
        Ok(Ready {
            status: StatusCode::from_u16(answer.status)?,
            headers,
            body: Bytes::from(answer.body.clone()),
        })
    }

    fn send(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        if self.status == StatusCode::NOT_MODIFIED {
            response.finish()
        } else {
            response.body(self.body.clone())
        }
    }
}
