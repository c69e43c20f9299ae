//! The four ways to sign in, as one body.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationErrors};
use xinwu_domain::phone::Phone;

use super::super::{check_code, pasted_code_if_any};

/// The longest credential that is looked at, in bytes.
const LONGEST: usize = 1024;

/// How someone signs in; `grant_type` says which way, and each way has its own fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "grant_type", rename_all = "snake_case", try_from = "Form")]
#[schema(example = json!({"grant_type": "otp", "phone": "19900099999", "code": "246810", "privacy_version": "2026-11-30"}))]
pub enum IssueToken {
    /// Residents, with the code from `POST /v1/auth/otp`. The first time makes the account.
    #[schema(title = "OtpGrant", example = json!({"grant_type": "otp", "phone": "19900099999", "code": "246810", "privacy_version": "2026-11-30"}))]
    Otp {
        /// A mainland mobile number.
        phone: Phone,
        /// The six digits.
        code: String,
        /// The device, where one was given at a sign-in before.
        device: Option<String>,
        /// The `version` of `GET /v1/privacy` that is agreed to: the first sign-in needs the one in
        /// force (422, and the code stays good).
        privacy_version: Option<String>,
    },
    /// Staff, officials and administrators.
    #[schema(title = "PasswordGrant", example = json!({"grant_type": "password", "username": "district", "password": "xinwu-demo-district"}))]
    Password {
        /// The username.
        username: String,
        /// The password.
        password: String,
        /// What the authenticator shows, or a recovery code; for accounts that have one.
        totp: Option<String>,
    },
    /// Whoever is signed in already.
    #[schema(title = "RefreshTokenGrant", example = json!({"grant_type": "refresh_token", "refresh_token": "kbQ0cXnS9m1fWm3bDq0tq1w3c0C4Zl5x2n8Vd6hYy1E"}))]
    RefreshToken {
        /// A refresh token that was not used yet, or first within the last 30 seconds.
        refresh_token: String,
    },
    /// Programs of third parties.
    #[schema(title = "ClientCredentialsGrant", example = json!({"grant_type": "client_credentials", "client_id": "demo-integrator", "client_secret": "demo-integrator-secret"}))]
    ClientCredentials {
        /// The client's id.
        client_id: String,
        /// The client's secret.
        client_secret: String,
    },
}

/// The body as it is read: a tagged enum would be read into memory first and lose where in the
/// body a fault was.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    grant_type: GrantType,
    phone: Option<Phone>,
    #[serde(default, deserialize_with = "pasted_code_if_any")]
    code: Option<String>,
    device: Option<String>,
    privacy_version: Option<String>,
    username: Option<String>,
    password: Option<String>,
    totp: Option<String>,
    refresh_token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrantType {
    Otp,
    Password,
    RefreshToken,
    ClientCredentials,
}

impl TryFrom<Form> for IssueToken {
    type Error = String;

    /// The messages are those that serde itself gives, so that they become the same problems.
    fn try_from(form: Form) -> Result<IssueToken, String> {
        use GrantType::{ClientCredentials, Otp, Password, RefreshToken};
        let strangers = [
            ("phone", form.phone.is_some(), Otp),
            ("code", form.code.is_some(), Otp),
            ("device", form.device.is_some(), Otp),
            ("privacy_version", form.privacy_version.is_some(), Otp),
            ("username", form.username.is_some(), Password),
            ("password", form.password.is_some(), Password),
            ("totp", form.totp.is_some(), Password),
            ("refresh_token", form.refresh_token.is_some(), RefreshToken),
            ("client_id", form.client_id.is_some(), ClientCredentials),
            ("client_secret", form.client_secret.is_some(), ClientCredentials),
        ];
        let stranger =
            strangers.into_iter().find(|(_, is_given, owner)| *is_given && *owner != form.grant_type);
        if let Some((name, _, _)) = stranger {
            return Err(format!("unknown field `{name}`"));
        }
        Ok(match form.grant_type {
            Otp => IssueToken::Otp {
                phone: given("phone", form.phone)?,
                code: given("code", form.code)?,
                device: form.device,
                privacy_version: form.privacy_version,
            },
            Password => IssueToken::Password {
                username: given("username", form.username)?,
                password: given("password", form.password)?,
                totp: form.totp,
            },
            RefreshToken => {
                IssueToken::RefreshToken { refresh_token: given("refresh_token", form.refresh_token)? }
            }
            ClientCredentials => IssueToken::ClientCredentials {
                client_id: given("client_id", form.client_id)?,
                client_secret: given("client_secret", form.client_secret)?,
            },
        })
    }
}

fn given<T>(name: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("missing field `{name}`"))
}

impl Validate for IssueToken {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let fields = match self {
            IssueToken::Otp { code, device, privacy_version, .. } => {
                let device = device.as_ref().map(|device| ("device", device));
                let version = privacy_version.as_ref().map(|version| ("privacy_version", version));
                std::iter::once(("code", code)).chain(device).chain(version).collect()
            }
            IssueToken::Password { username, password, totp } => {
                let mut fields = vec![("username", username), ("password", password)];
                fields.extend(totp.as_ref().map(|totp| ("totp", totp)));
                fields
            }
            IssueToken::RefreshToken { refresh_token } => vec![("refresh_token", refresh_token)],
            IssueToken::ClientCredentials { client_id, client_secret } => {
                vec![("client_id", client_id), ("client_secret", client_secret)]
            }
        };
        let mut errors = ValidationErrors::new();
        for (name, value) in fields {
            if value.is_empty() || value.len() > LONGEST {
                let (zh, en) = ("长度应为1到1024字节", "must have 1 to 1024 bytes");
                errors.add(name, xinwu_domain::rules::rule("out_of_range", zh, en));
            }
        }
        if let IssueToken::Otp { code, .. } = self
            && errors.is_empty()
            && let Err(fault) = check_code(code)
        {
            errors.add("code", fault);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}
