import { Button, PasswordInput, Progress, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call } from "../api";
import { Problem } from "../parts/Problem";
import { Frame } from "./Frame";
import styles from "./SignInPage.module.css";
import { LONGEST, strength } from "./strength";
import { useBegin } from "./useBegin";

/** What the link that the server printed carries behind its `#`. */
const codeOfLink = () => new URLSearchParams(window.location.hash.slice(1)).get("setup") ?? "";

/** The account of whoever has started the server. */
export function FirstAccount() {
  const { t } = useTranslation();
  const begin = useBegin();
  const queries = useQueryClient();
  const [given] = useState(codeOfLink);
  const [code, setCode] = useState(given);
  const [nickname, setNickname] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const create = useMutation({
    mutationFn: () =>
      call<{ token: string }>("setup:create", { body: { code, nickname, email, password } }),
    onSuccess: ({ data }) => begin(data.token),
    onError: (error) => {
      // Somebody was faster: what is left is to sign in.
      if (error instanceof ApiError && error.code === "FIRST_ACCOUNT_EXISTS")
        void queries.invalidateQueries({ queryKey: ["setup"] });
    },
  });
  const known = create.error instanceof ApiError ? create.error : null;
  const wrongCode = known?.code === "WRONG_SETUP_CODE";
  const weak = known?.code === "WEAK_PASSWORD";
  const wrongEmail = known?.byField.email !== undefined;
  const differs = again !== "" && again !== password;
  const strong = strength(password);
  const toggle = { "aria-label": t("sign-in:show") };
  const same = { size: "sm", required: true, withAsterisk: false } as const;
  return (
    <Frame
      title={t("sign-in:firstTitle")}
      onSubmit={() => {
        if (again === password) create.mutate();
      }}
    >
      {(!given || wrongCode) && (
        <TextInput
          {...same}
          label={t("sign-in:code")}
          description={t("sign-in:codeHint")}
          className="mono"
          autoFocus
          value={code}
          error={wrongCode && t("sign-in:wrongCode")}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      )}
      <TextInput
        {...same}
        label={t("sign-in:name")}
        autoComplete="name"
        autoFocus={given !== ""}
        value={nickname}
        onChange={(event) => setNickname(event.currentTarget.value)}
      />
      <TextInput
        {...same}
        label={t("email")}
        autoComplete="username"
        value={email}
        error={wrongEmail && t("sign-in:noEmail")}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <div className={styles.password}>
        <PasswordInput
          {...same}
          label={t("password")}
          autoComplete="new-password"
          value={password}
          error={weak && t("sign-in:weak")}
          visibilityToggleButtonProps={toggle}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {password && (
          <>
            <Progress value={(strong / LONGEST) * 100} size={4} aria-hidden />
            <span className={styles.strength} aria-live="polite">
              {t(`sign-in:strength.${strong}`)}
            </span>
          </>
        )}
      </div>
      <PasswordInput
        {...same}
        label={t("sign-in:again")}
        autoComplete="new-password"
        value={again}
        error={differs && t("sign-in:differs")}
        visibilityToggleButtonProps={toggle}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      {!wrongCode && !weak && !wrongEmail && <Problem error={create.error} />}
      <Button size="sm" type="submit" fullWidth loading={create.isPending} disabled={differs}>
        {t("sign-in:create")}
      </Button>
    </Frame>
  );
}
