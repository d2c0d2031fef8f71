import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call } from "../api";
import { Frame } from "./Frame";
import { useBegin } from "./useBegin";

/** Sign in with an e-mail address (or a user name) and a password. */
export function SignIn() {
  const { t } = useTranslation();
  const begin = useBegin();
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const passwordInput = useRef<HTMLInputElement>(null);
  const signIn = useMutation({
    mutationFn: () => call<{ token: string }>("auth:signIn", { body: { account, password } }),
    onSuccess: ({ data }) => begin(data.token),
    onError: () => passwordInput.current?.focus(),
  });
  return (
    <Frame title={t("sign-in:title")} onSubmit={() => signIn.mutate()}>
      <TextInput
        size="sm"
        label={t("email")}
        autoComplete="username"
        autoFocus
        required
        withAsterisk={false}
        value={account}
        onChange={(event) => setAccount(event.currentTarget.value)}
      />
      <PasswordInput
        size="sm"
        ref={passwordInput}
        label={t("password")}
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        error={signIn.error && t(reason(signIn.error))}
        visibilityToggleButtonProps={{ "aria-label": t("sign-in:show") }}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button size="sm" type="submit" fullWidth loading={signIn.isPending}>
        {t("sign-in:signIn")}
      </Button>
    </Frame>
  );
}

function reason(error: Error) {
  const known = error instanceof ApiError ? error : null;
  if (known?.code === "OFFLINE") return "offline";
  return known?.status === 429 ? "sign-in:slowDown" : "sign-in:wrong";
}
